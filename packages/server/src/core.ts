import type { Database } from "./database/database.ts";
import type { HostReader } from "./log/hostReader.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Directory } from "./people/directory.ts";
import type { Policies } from "./policies/policies.ts";
import type { Gate } from "./realtime/gate.ts";
import type { Hub } from "./realtime/hub.ts";
import type { ReadNews } from "./threads/push/news.ts";
import type { InFlight } from "./runs/inFlight.ts";
import type { SchemaStore } from "./schemas/store.ts";
import type { Settings } from "./settings.ts";
import type { Commits } from "./conversation/change/commits.ts";
import type { MemberLists } from "./conversation/view/memberLists.ts";
import type { Views } from "./conversation/view/views.ts";

/** What the features share: made once by createColloquy. */
export interface Core {
  settings: Settings;
  db: Database;
  schemas: SchemaStore;
  people: Directory;
  members: MemberLists;
  views: Views;
  commits: Commits;
  inFlight: InFlight;
  hub: Hub;
  news: ReadNews;
  /** Lets few pages be read at the same time for those who come back. */
  replays: Gate;
  policies: Policies;
  host: HostReader;
  metrics: Metrics;
}
