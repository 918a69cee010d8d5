// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import type {
  ActionUrl,
  Activities,
  Activity,
  ActivityNext,
  Changes,
  CursorColor,
  CursorColumn,
  CursorLine,
  CursorSelection,
  Cursors,
  DocumentContent,
  DocumentVersion,
  EditId,
  EditVersion,
  EntityId,
  EntityType,
  Epoch,
  Locks,
  MissedEdits,
  NotificationId,
  NotificationMessage,
  NotificationPriority,
  NotificationTitle,
  NotificationType,
  Page,
  PresenceStatus,
  PresentUser,
  RealtimeError,
  RoomId,
  RoomUsers,
  Seq,
  SourceId,
  SourceType,
  Time,
  Typist,
  UnreadCount,
  UserId,
  UserName,
} from './shared.js';

/**
 * What was asked for of what happened in the tenant. Every `activity` that comes after this message is newer than
 * all that it could list; each that came before is older, or in it.
 */
export interface ServerActivityFeed {
  /** What happened, newest first. */
  items: Activities;
  /** The `before` of the following page; null if this is the last one. */
  next: ActivityNext;
}

/** Something happened in the tenant. Sent to all of its connections, in the order of the ids. */
export type ServerActivity = Activity;

/**
 * The connection's token ends in a minute, or sooner if it has not lived so long. Send a newer one with
 * `auth:refresh`.
 */
export interface ServerAuthExpiring {
  /** When the connection ends. */
  expires_at: Time;
}

/**
 * The connection was refused and nothing was stored. Socket.IO's own packet, as the client library shows it: a
 * message, and data beside it.
 */
export interface ServerConnectError {
  /** Why, for people. 1 to 500 characters. */
  message: string;
  /** Why, for programs. */
  data: {
    /**
     * unauthenticated and token_expired: get another token. limit_exceeded: close another tab. unavailable and
     * internal: try again later.
     */
    code: "unauthenticated" | "token_expired" | "limit_exceeded" | "unavailable" | "internal";
  };
}

/** Where another user is now. */
export interface ServerCursorMove {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
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

/** Another user's cursor is gone: taken away, its tab has left, or without a move for 300 seconds. */
export interface ServerCursorRemove {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
}

/** Where the others are, to one who asks. */
export interface ServerCursorSync {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** One entry per user, whatever the number of their tabs, sorted by user_id; without the caller's own. */
  cursors: Cursors;
}

/** Another connection's edit. Versions come in order and without gaps, the acks of one's own edits among them. */
export interface ServerDocEdit {
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

/** The locks of a room's document: to all of the room on each change, and to one who asks. */
export interface ServerDocLockStatus {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The locks of the room's document, sorted by path. */
  locks: Locks;
}

/** The document, to one who asks: whole, or the edits since the version that they have. */
export interface ServerDocSync {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** How many edits made the document: 0 for `{}`, then 1, 2, 3, without gaps. At most 2^53-1. */
  version: DocumentVersion;
  /**
   * Names the history that a document's versions belong to, 1 to 64 characters; only whether two are equal means
   * anything. Versions of different epochs are not of one history.
   */
  epoch: Epoch;
  /** The whole document; null if `changes` has what was missed. */
  content: DocumentContent | null;
  /** The edits since the version asked for; empty if `content` is whole. */
  changes: MissedEdits;
  /** The locks of the room's document, sorted by path. */
  locks: Locks;
}

/**
 * Something the client did failed, or its connection is about to end. Sent to that connection only, beside a
 * failed ack.
 */
export type ServerError = RealtimeError;

/** The answer to a heartbeat. */
export interface ServerHeartbeatAck {
  /** The server's time. */
  timestamp: Time;
}

/**
 * How many of the user's notifications are unread: to all of the user's connections whenever it changes, and to
 * the one that asks.
 */
export interface ServerNotificationCount {
  /** How many of the user's notifications are unread. */
  count: UnreadCount;
}

/**
 * A notification for this user, just made. Sent to all of the user's connections, before the `notification:count`
 * that counts it; a user who is offline finds it later, over REST.
 */
export interface ServerNotification {
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
}

/**
 * Who is online in the tenant, or who is looking at the entity that was asked for: the first users, or those who
 * follow an earlier list.
 */
export interface ServerPresenceList {
  /**
   * The users, sorted by user_name, then user_id, by Unicode code point. How many: at most the limit that was
   * asked for, and never over 1,000.
   */
  users: PresentUser[];
  /**
   * The number of the last presence message that this list contains; messages up to it are already in. Of a user,
   * whatever has the higher number is true, be it a page or a message.
   */
  seq: Seq;
  /** How many users there are in all pages. */
  total: number;
  /** The `after` of the following page; null if this is the last. */
  next: string | null;
}

/** A user's status or place, sent to the whole tenant, its sender included. */
export interface ServerPresenceUpdate {
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
  /** The kind of object the user is looking at, or null. */
  current_entity_type: EntityType | null;
  /** Which object the user is looking at, or null. */
  current_entity_id: EntityId | null;
  /**
   * The number of a presence message in its tenant: one counter over all of them, each the previous plus 1. At
   * most 2^53-1, so that every language holds it exactly.
   */
  seq: Seq;
}

/** A user came online: this is their first connection. */
export interface ServerPresenceUserJoined {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** A connected user's status. Offline is not among them: a user who is offline is not in the list. */
  status: PresenceStatus;
  /**
   * The number of a presence message in its tenant: one counter over all of them, each the previous plus 1. At
   * most 2^53-1, so that every language holds it exactly.
   */
  seq: Seq;
}

/** A user went offline: their last connection said goodbye, or stayed lost. */
export interface ServerPresenceUserLeft {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /**
   * The number of a presence message in its tenant: one counter over all of them, each the previous plus 1. At
   * most 2^53-1, so that every language holds it exactly.
   */
  seq: Seq;
}

/** A user who was not in the room opened it. Sent to the others in it. */
export interface ServerRoomUserJoined {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** A user's last connection left the room. Sent to the others in it. */
export interface ServerRoomUserLeft {
  /**
   * Who: the `sub` claim of the user's token. 1 to 128 characters in NFC, without braces, control characters (C0,
   * DEL, C1), bidi and invisible characters, and without a blank at either end.
   */
  user_id: UserId;
  /** The user's display name: the `name` claim of the token, `Unknown` without one. 1 to 255 characters. */
  user_name: UserName;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Who has a room open: to a user who joins it, and to one who asks. */
export interface ServerRoomUsers {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** One entry per user, whatever the number of their tabs, sorted by joined_at. */
  users: RoomUsers;
}

/** Who types in a room, to all of it on each change, and to one who joins while somebody types. */
export interface ServerTypingUsers {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** One entry per user and field, by the time they started. */
  users: Typist[];
}
