// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

/** Any JSON, for the data of the application. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/**
 * Which item of the tenant's activity, and its place in the order of all. 1 to 64 characters: letters, digits,
 * `.`, `_` or `-`; a client takes it as it is and compares nothing.
 */
export type ActivityId = string;

/** What was done, such as `invoice.approved`, in the application's own words. 1 to 100 characters. */
export type ActivityAction = string;

/** What people call the object that it was done to. 1 to 255 characters. */
export type EntityName = string;

/** What the application tells beside it; null for nothing. */
export type ActivityDetails = { [name: string]: JsonValue } | null;

/** How many items to answer with at most. Default: `50`. */
export type ActivityLimit = number;

/**
 * How many items to skip, from the newest of those asked for. For pages, `before` is better: it does not slip
 * when items are added. Default: `0`.
 */
export type ActivityOffset = number;

/**
 * Only items older than this one: the `next` of the page before. An item that is no longer there still has its
 * place.
 */
export type ActivityBefore = ActivityId;

/**
 * Only items newer than this one: what a client missed that knows everything up to it. An item that is no longer
 * there still has its place.
 */
export type ActivitySince = ActivityId;

/** The `before` of the following page; null if this is the last one. */
export type ActivityNext = ActivityId | null;

/** What happened, newest first. */
export type Activities = Activity[];

/** Something that a user did. */
export interface Activity {
  /**
   * Which item of the tenant's activity, and its place in the order of all. 1 to 64 characters: letters, digits,
   * `.`, `_` or `-`; a client takes it as it is and compares nothing.
   */
  id: ActivityId;
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** What was done, such as `invoice.approved`, in the application's own words. 1 to 100 characters. */
  action: ActivityAction;
  /**
   * The kind of business object, such as `invoice`. 1 to 64 characters: a letter, then letters, digits, `_` or
   * `-`.
   */
  entity_type: EntityType;
  /**
   * Which object of its type, always as a string on the way to clients. 1 to 128 characters: letters, digits,
   * `.`, `_` or `-`.
   */
  entity_id: EntityId;
  /** What people call the object that it was done to. 1 to 255 characters. */
  entity_name: EntityName;
  /** What the application tells beside it; null for nothing. */
  details: ActivityDetails;
  /** When it was recorded. */
  created_at: Time;
}

/** Zero-based number of a line, in the front end's own counting. At most 2^53-1. */
export type CursorLine = number;

/** Zero-based number of a column in its line. At most 2^53-1. */
export type CursorColumn = number;

/** A place in what the room shows. */
export interface CursorPosition {
  /** Zero-based number of a line, in the front end's own counting. At most 2^53-1. */
  line: CursorLine;
  /** Zero-based number of a column in its line. At most 2^53-1. */
  column: CursorColumn;
}

/**
 * The user's colour as CSS writes it, `#rrggbb` in lower case, 7 characters: a function of the user's id, the
 * same for everybody, legible on light and on dark.
 */
export type CursorColor = string;

/** One end of what the user has selected, or null. */
export type CursorSelection = CursorPosition | null;

/** One entry per user, whatever the number of their tabs, sorted by user_id; without the caller's own. */
export type Cursors = Cursor[];

/** Where one user is. */
export interface Cursor {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /**
   * The user's colour as CSS writes it, `#rrggbb` in lower case, 7 characters: a function of the user's id, the
   * same for everybody, legible on light and on dark.
   */
  color: CursorColor;
  /** Zero-based number of a line, in the front end's own counting. At most 2^53-1. */
  line: CursorLine;
  /** Zero-based number of a column in its line. At most 2^53-1. */
  column: CursorColumn;
  /** Where the selection begins; null if nothing is selected. */
  selection_start: CursorSelection;
  /** Where the selection ends; null if nothing is selected. */
  selection_end: CursorSelection;
}

/** How many edits made the document: 0 for `{}`, then 1, 2, 3, without gaps. At most 2^53-1. */
export type DocumentVersion = number;

/** The number of the version that the edit made, the previous one plus 1. At most 2^53-1. */
export type EditVersion = number;

/**
 * Names the history that a document's versions belong to, 1 to 64 characters; only whether two are equal means
 * anything. Versions of different epochs are not of one history.
 */
export type Epoch = string;

/**
 * A UUID that the client chose for the edit, 36 characters. Sent again by the same user, it is answered as the
 * first time and changes nothing.
 */
export type EditId = string;

/** A place in the document (RFC 6901), empty for all of it. At most 1,024 characters. */
export type JsonPointer = string;

/** What is put there, or must be there. */
export type DocumentValue = JsonValue;

/** One step of a JSON Patch (RFC 6902); `op` tells which members it has. */
export type Operation = ValuedOperation | RemoveOperation | SourcedOperation;

/** Puts a value at a place, or asks whether it is there. */
export interface ValuedOperation {
  /** What is done (RFC 6902). */
  op: "add" | "replace" | "test";
  /** A place in the document (RFC 6901), empty for all of it. At most 1,024 characters. */
  path: JsonPointer;
  /** What is put there, or must be there. */
  value: DocumentValue;
}

/** Removes what is at a place. */
export interface RemoveOperation {
  /** What is done (RFC 6902). */
  op: "remove";
  /** A place in the document (RFC 6901), empty for all of it. At most 1,024 characters. */
  path: JsonPointer;
}

/** Puts at a place what is at another one. */
export interface SourcedOperation {
  /** What is done (RFC 6902). */
  op: "move" | "copy";
  /** The place that it is taken from. */
  from: JsonPointer;
  /** A place in the document (RFC 6901), empty for all of it. At most 1,024 characters. */
  path: JsonPointer;
}

/**
 * A JSON Patch (RFC 6902): operations, done in their order, all of them or none. 1 to 1,000, a number of
 * operations.
 */
export type Changes = Operation[];

/** One edit as the others get it. */
export interface Edit {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The number of the version that the edit made, the previous one plus 1. At most 2^53-1. */
  version: EditVersion;
  /**
   * Names the history that a document's versions belong to, 1 to 64 characters; only whether two are equal means
   * anything. Versions of different epochs are not of one history.
   */
  epoch: Epoch;
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /**
   * A JSON Patch (RFC 6902): operations, done in their order, all of them or none. 1 to 1,000, a number of
   * operations.
   */
  changes: Changes;
  /**
   * A UUID that the client chose for the edit, 36 characters. Sent again by the same user, it is answered as the
   * first time and changes nothing.
   */
  edit_id: EditId;
}

/** Edits in the order of their versions, without gaps. */
export type MissedEdits = Edit[];

/** The whole document. */
export type DocumentContent = { [name: string]: JsonValue };

/** A place of the document that one user has reserved. */
export interface Lock {
  /** What is locked, with everything below it. */
  path: JsonPointer;
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** Since when the user holds it. */
  acquired_at: Time;
  /** When it ends by itself, unless it is renewed. */
  expires_at: Time;
}

/** The locks of the room's document, sorted by path. */
export type Locks = Lock[];

/** A failure. The code decides what `details` holds. */
export type RealtimeError = 
  | PlainError
  | InvalidPayloadError
  | RateLimitedError
  | LimitExceededError
  | InternalError
  | LockedError
  | VersionConflictError;

/** A failure whose code says it all. */
export interface PlainError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "unauthenticated" | "token_expired" | "forbidden" | "unknown_event" | "not_in_room" | "not_found" | "too_large" | "unavailable";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** Always null for these codes. */
  details: null;
}

/** The payload is not what the event's schema asks for. */
export interface InvalidPayloadError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "invalid_payload";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** Where the payload is wrong, and how. */
  details: InvalidPayloadDetails;
}

/** Too many events in too short a time; the event was not handled. */
export interface RateLimitedError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "rate_limited";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** When to try again. */
  details: RateLimitedDetails;
}

/** The caller already has as many as one may have. */
export interface LimitExceededError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "limit_exceeded";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** The limit that was reached. */
  details: {
    /**
     * How many are allowed (rooms of a connection, connections of a user, locks of a user in a room, fields one
     * types in).
     */
    limit: number;
  };
}

/** The server failed; trying again later may help. */
export interface InternalError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "internal";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** What to quote to the operator. */
  details: InternalDetails;
}

/** Somebody else has locked the place, one above or one below it; nothing was changed. */
export interface LockedError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "locked";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** The lock that is in the way. */
  details: Lock;
}

/**
 * The edit was made on an older version, and overlaps with what was edited since, or on a version of another
 * epoch; nothing was changed.
 */
export interface VersionConflictError {
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  message: string;
  /** What went wrong, for programs. */
  code: "version_conflict";
  /** The client's event that failed, cut to 200 characters; null if there was none or it could not be read. */
  event: string | null;
  /** What to make the edit anew on. */
  details: {
    /** The version that the document has now. */
    version: DocumentVersion;
    /** The epoch that the document has now. */
    epoch: Epoch;
    /**
     * The edits since the base version; null if they are not all kept any more, or the base version is yet to
     * come or of another epoch: ask for the document.
     */
    changes: MissedEdits | null;
  };
}

/** The event failed and had no effect. The same Error is also emitted as `error`. */
export interface AckFailure {
  /** False: the event failed. */
  ok: false;
  /** What went wrong. */
  error: RealtimeError;
}

/** Where the payload is wrong, and how. */
export interface InvalidPayloadDetails {
  /**
   * JSON Pointer (RFC 6901) to the place in the payload, empty for the payload itself; a missing or unknown
   * property is reported at the object that lacks or has it. At most 1,024 characters.
   */
  path: string;
  /** What is wrong there, for people. 1 to 500 characters. */
  reason: string;
}

/** When to try again. */
export interface RateLimitedDetails {
  /** Seconds to wait before sending it again. */
  retry_after: number;
}

/** What to quote to the operator. */
export interface InternalDetails {
  /** Finds the failure in the server's log. 1 to 64 characters. */
  correlation_id: string;
}

/**
 * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
 * DEL, C1), bidi and invisible characters, and without a blank at either end.
 */
export type UserId = string;

/** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
export type UserName = string;

/** An instant: RFC 3339, in UTC, with milliseconds and `Z`. */
export type Time = string;

/**
 * The number of a presence message in its tenant: one counter over all of them, each the previous plus 1. At most
 * 2^53-1, so that every language holds it exactly.
 */
export type Seq = number;

/** The kind of business object, such as `invoice`. 1 to 64 characters: a letter, then letters, digits, `_` or `-`. */
export type EntityType = string;

/**
 * Which object of its type, always as a string on the way to clients. 1 to 128 characters: letters, digits, `.`,
 * `_` or `-`.
 */
export type EntityId = string;

/** An entity id as a string, or as an integer within ±(2^53-1), which is answered as a string. */
export type EntityIdIn = EntityId | number;

/** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
export type RoomId = string;

/**
 * The page of the application a user is on, as the front end names it, such as `/invoices/42`. 1 to 2,048
 * characters.
 */
export type Page = string;

/**
 * Which notification, among those of its user. 1 to 64 characters: letters, digits, `_` or `-`; a client takes it
 * as it is.
 */
export type NotificationId = string;

/** What kind of notification it is, such as `invoice_paid`, in the application's own words. 1 to 50 characters. */
export type NotificationType = string;

/** The notification in one line. 1 to 255 characters. */
export type NotificationTitle = string;

/** The notification at length; null if the title says it all. 1 to 4,000 characters. */
export type NotificationMessage = string | null;

/** How urgent it is. */
export type NotificationPriority = "low" | "normal" | "high" | "urgent";

/**
 * Where a click on it leads: a path of the application from `/`, or an https URL; never another scheme, and never
 * another host by `//`. Printable ASCII without space and backslash, everything else percent-encoded; null for
 * nowhere. 1 to 500 characters.
 */
export type ActionUrl = string | null;

/** How many of the user's notifications are unread. */
export type UnreadCount = number;

/** The kind of business object it is about; null if it is about none. */
export type SourceType = EntityType | null;

/** Which object it is about; null if it is about none. */
export type SourceId = EntityId | null;

/** One notification of a user, and whether they have read it. */
export interface StoredNotification {
  /**
   * Which notification, among those of its user. 1 to 64 characters: letters, digits, `_` or `-`; a client takes
   * it as it is.
   */
  id: NotificationId;
  /** What kind of notification it is, such as `invoice_paid`, in the application's own words. 1 to 50 characters. */
  type: NotificationType;
  /** The notification in one line. 1 to 255 characters. */
  title: NotificationTitle;
  /** The notification at length; null if the title says it all. 1 to 4,000 characters. */
  message: NotificationMessage;
  /** How urgent it is. */
  priority: NotificationPriority;
  /** The kind of business object it is about; null if it is about none. */
  source_type: SourceType;
  /** Which object it is about; null if it is about none. */
  source_id: SourceId;
  /**
   * Where a click on it leads: a path of the application from `/`, or an https URL; never another scheme, and
   * never another host by `//`. Printable ASCII without space and backslash, everything else percent-encoded;
   * null for nowhere. 1 to 500 characters.
   */
  action_url: ActionUrl;
  /** When it was made. */
  created_at: Time;
  /** Whether the user has read it. */
  is_read: boolean;
  /** When the user read it; null if they have not. */
  read_at: Time | null;
}

/** A connected user's status. Offline is not among them: a user who is offline is not in the list. */
export type PresenceStatus = "online" | "away" | "busy";

/** One user who is online, as `presence:list` shows them. */
export interface PresentUser {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** A connected user's status. Offline is not among them: a user who is offline is not in the list. */
  status: PresenceStatus;
  /** The page the user is on; null if they have not said. */
  current_page: Page | null;
  /** When the user was last active. */
  last_active_at: Time;
}

/** True: the request was done. */
export type RestSuccess = true;

/** False: the request was not done. */
export type RestFailure = false;

/** What went wrong, for people. 1 to 500 characters; programs go by the code. */
export type RestErrorText = string;

/** Whether one user is online, and where. Of a user who is offline all is null but user_id and status. */
export interface RestPresence {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's status. Nobody is told whether a user who is offline exists. */
  status: "online" | "away" | "busy" | "offline";
  /** The page the user is on; null if they have not said. */
  current_page: Page | null;
  /** The kind of business object the user is looking at; null if they have not said. */
  current_entity_type: EntityType | null;
  /** Which object the user is looking at; null if they have not said. */
  current_entity_id: EntityId | null;
  /** When the user was last active; null if they are offline. */
  last_active_at: Time | null;
}

/** One entry per user, whatever the number of their tabs, sorted by joined_at. */
export type RoomUsers = RoomUser[];

/** One user who has the room open. */
export interface RoomUser {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** When the user's first connection of those now in the room joined it. */
  joined_at: Time;
}

/**
 * A field of the form: the name of a top-level member of the document, or a JSON Pointer into it. 1 to 255
 * characters, without control characters (C0, DEL, C1).
 */
export type TypingField = string;

/** The field; null for somewhere in the room. */
export type TypingFieldOrNone = TypingField | null;

/** One user who types in one field. */
export interface Typist {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** The field; null for somewhere in the room. */
  field: TypingFieldOrNone;
}
