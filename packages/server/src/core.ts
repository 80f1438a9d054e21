import type { Writer } from "./conversation/change/writer.ts";
import type { MemberLists } from "./conversation/view/memberLists.ts";
import type { ShowAttachments } from "./conversation/view/showAttachments.ts";
import type { ViewCache } from "./conversation/view/viewCache.ts";
import type { Database } from "./database/database.ts";
import type { HostReader } from "./log/hostReader.ts";
import type { Log } from "./log/publish.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Directory } from "./people/directory.ts";
import type { Policies } from "./policies/policies.ts";
import type { Feeds } from "./realtime/feeds.ts";
import type { Gate } from "./realtime/gate.ts";
import type { Hub } from "./realtime/hub.ts";
import type { InFlight } from "./runs/inFlight.ts";
import type { SchemaStore } from "./schemas/store.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage/storage.ts";

/** All that a Colloquy is made of, made once by createColloquy. Below this floor nobody takes the whole of it. */
export interface Core {
  settings: Settings;
  db: Database;
  log: Log;
  schemas: SchemaStore;
  people: Directory;
  members: MemberLists;
  views: ViewCache;
  writer: Writer;
  storage: Storage;
  attachments: ShowAttachments;
  inFlight: InFlight;
  feeds: Feeds;
  hub: Hub;
  replays: Gate;
  policies: Policies;
  host: HostReader;
  metrics: Metrics;
}
