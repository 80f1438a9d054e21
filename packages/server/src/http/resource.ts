import type { ApiError, FieldErrors, UserId } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { type Static, type TObject, Type } from "typebox";
import type { Caller } from "../policies/caller.ts";
import type { Described, DescribedMethod, DescribedResource } from "./openapi/described.ts";

/**
 * `id`: digits. What is none, or beyond what a number holds exactly, arrives as null. So does a `user` that can be no
 * user's id.
 */
export type ParamKinds = Record<string, "id" | "user" | "string">;

export type Params<Kinds extends ParamKinds> = {
  [Name in keyof Kinds]: Kinds[Name] extends "id"
    ? number | null
    : Kinds[Name] extends "user"
      ? UserId | null
      : string;
};

/** As sent; the last one where a name is repeated. */
export type Query = Readonly<Record<string, string>>;

/** What is known before the context: enough to find it. */
export interface Asking<Kinds extends ParamKinds, Who> {
  caller: Who;
  params: Params<Kinds>;
  query: Query;
  method: string;
  request: FastifyRequest;
  /** Absolute, with the host that the client used. */
  url: URL;
}

export interface Call<Context, Kinds extends ParamKinds = ParamKinds, Body = undefined, Who = Caller>
  extends Asking<Kinds, Who> {
  context: Context;
  body: Body;
  /**
   * Asks the resource's policy again, with what of the context has changed since. An action calls it each time that it
   * decides on newer state than the one it began with.
   */
  allows(changed: Partial<Context>): Promise<boolean>;
}

export interface Method<Context, Kinds extends ParamKinds, Who> extends Described {
  handle(call: Call<Context, Kinds, undefined, Who>): unknown;
}

export interface MethodWithBody<Context, Kinds extends ParamKinds, Who, Body extends TObject, Partly>
  extends Described {
  /** Made by `fields({...})`. */
  body?: Body;
  /** The body is a list: the value of this one field, which is a `ListOf`. */
  list?: keyof Static<Body> & string;
  /** Also takes forms with files: each is in `request.uploads`, and its field is the hash by which it is there. */
  takesFiles?: boolean;
  /** Nothing is required and no default filled in. PATCH is partial unless told otherwise. */
  partial?: Partly;
  /**
   * Rules between fields that need no lock, on what could be read. Their problems are told together with
   * those of the fields, which are `problems`; a field's own problem wins.
   */
  rules?(
    call: Call<Context, Kinds, Partial<Static<Body>>, Who> & { problems: FieldErrors },
  ): FieldErrors | null | Promise<FieldErrors | null>;
  handle(
    call: Call<Context, Kinds, Partly extends true ? Partial<Static<Body>> : Static<Body>, Who>,
  ): unknown;
  /**
   * Whether the caller may still see the answer that an earlier request with the same `Idempotency-Key` got. By
   * default whoever may GET the resource now.
   */
  mayRepeat?(call: Call<Context, Kinds, undefined, Who>, answer: unknown): boolean | Promise<boolean>;
}

type Who<Policy> = Policy extends "public" ? null : Caller;
type NoFields = TObject<Record<never, never>>;

/** Everything at one address. */
export interface ResourceDefinition<
  Context,
  Kinds extends ParamKinds,
  Policy extends string,
  Post extends TObject,
  PostPartly extends boolean,
  Put extends TObject,
  PutPartly extends boolean,
  Patch extends TObject,
  PatchPartly extends boolean,
> {
  /** Below the prefix, with `:names`. */
  path: string;
  params?: Kinds;
  tags?: string[];
  /** The name of a policy; "public" asks neither who it is nor a policy. */
  policy: Policy;
  /** Whether a denial is told as if there were nothing: 404 in place of 403. */
  hides?: boolean;
  /** The status if an object that the request names does not exist; by default 404 if the path has an id. */
  absent?: 403 | 404;
  /** What policy and handler need to know first; a refusal (or a throw) is the answer, before 405 and the body. */
  context?(call: Asking<Kinds, Who<Policy>>): Promise<Context | ApiError> | Context | ApiError;
  methods: {
    GET?: Method<Context, Kinds, Who<Policy>>;
    POST?: MethodWithBody<Context, Kinds, Who<Policy>, Post, PostPartly>;
    PUT?: MethodWithBody<Context, Kinds, Who<Policy>, Put, PutPartly>;
    PATCH?: MethodWithBody<Context, Kinds, Who<Policy>, Patch, PatchPartly>;
    DELETE?: Method<Context, Kinds, Who<Policy>>;
  };
}

/** A resource whatever its types: how the listener sees it. */
export interface Resource extends DescribedResource {
  context?(call: AnyAsking): unknown;
  methods: Record<string, AnyMethod>;
}

export interface AnyAsking extends Omit<Asking<ParamKinds, Caller | null>, "params"> {
  params: Record<string, string | number | null>;
}

export interface AnyMethod extends DescribedMethod {
  rules?(call: unknown): FieldErrors | null | Promise<FieldErrors | null>;
  handle(call: unknown): unknown;
  mayRepeat?(call: unknown, answer: unknown): boolean | Promise<boolean>;
}

/** Defines what is at an address. Leave the type arguments to inference, and put `context` before `methods`. */
export function defineResource<
  Context = Record<never, never>,
  const Kinds extends ParamKinds = Record<never, never>,
  const Policy extends string = string,
  Post extends TObject = NoFields,
  PostPartly extends boolean = false,
  Put extends TObject = NoFields,
  PutPartly extends boolean = false,
  Patch extends TObject = NoFields,
  PatchPartly extends boolean = true,
>(
  definition: ResourceDefinition<
    Context,
    Kinds,
    Policy,
    Post,
    PostPartly,
    Put,
    PutPartly,
    Patch,
    PatchPartly
  >,
): Resource {
  const { path, params = {} as Kinds, tags, policy, hides, context, methods } = definition;
  const hasId = Object.values(params).some((kind) => kind !== "string");
  const { PATCH } = methods;
  return {
    path,
    params,
    tags: tags ?? [],
    policy,
    hides: hides ?? false,
    absent: definition.absent ?? (hasId ? 404 : null),
    ...(context === undefined ? {} : { context: context as Resource["context"] & {} }),
    methods: { ...methods, ...(PATCH === undefined ? {} : { PATCH: { partial: true, ...PATCH } }) } as Record<
      string,
      AnyMethod
    >,
  };
}

/** The response of a 204. */
export const NoContent = Type.Null({ description: "Nothing" });
