// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import type {
  ActivityBefore,
  ActivityLimit,
  ActivitySince,
  Changes,
  CursorColumn,
  CursorLine,
  CursorSelection,
  DocumentVersion,
  EditId,
  EntityIdIn,
  EntityType,
  Epoch,
  JsonPointer,
  NotificationId,
  Page,
  PresenceStatus,
  RoomId,
  TypingFieldOrNone,
  UserId,
} from './shared.js';

/** Asks what happened in the caller's tenant, newest first, a page at a time. May be sent without payload. */
export type ClientActivityFeed = {
  /** How many items to answer with at most. Default: `50`. */
  limit?: ActivityLimit;
  /**
   * Only items older than this one: the `next` of the page before. An item that is no longer there still has its
   * place.
   */
  before?: ActivityBefore;
  /**
   * Only items newer than this one: what a client missed that knows everything up to it. An item that is no
   * longer there still has its place.
   */
  since?: ActivitySince;
  /** Only what was done to objects of this type. */
  entity_type?: EntityType;
  /** Only what was done to this object; needs entity_type. */
  entity_id?: EntityIdIn;
  /** Only what this user did. */
  user_id?: UserId;
} & ({ entity_id?: never } | { entity_type: EntityType });

/** A newer token of the same user and tenant: the connection ends with this one, and goes on without a reconnect. */
export interface ClientAuthRefresh {
  /** A JWT access token, with or without a leading `Bearer `. 1 to 8,192 characters. */
  token: string;
}

/** The auth payload of the Socket.IO connection. Without one the token is looked for in the query (`?token=`). */
export interface ClientConnect {
  /** A JWT access token, with or without a leading `Bearer `. 1 to 8,192 characters. */
  token?: string;
}

/**
 * Says where the user is, in a room that this connection has joined. The latest position counts; it always
 * reaches the others, at most 30 a second.
 */
export interface ClientCursorMove {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** Zero-based number of a line, in the front end's own counting. At most 2^53-1. */
  line: CursorLine;
  /** Zero-based number of a column in its line. At most 2^53-1. */
  column: CursorColumn;
  /** Where the selection begins; absent or null for none. */
  selection_start?: CursorSelection;
  /** Where the selection ends; absent or null for none. */
  selection_end?: CursorSelection;
}

/** Says that the user's cursor is nowhere, in a room that this connection has joined. */
export interface ClientCursorRemove {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Asks for the others' cursors, in a room that this connection has joined. */
export interface ClientCursorSync {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Edits the document, in a room that this connection has joined. */
export interface ClientDocEdit {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The version that the client made its edit on. */
  base_version: DocumentVersion;
  /** The epoch of `base_version`; absent from a client that knows of none. */
  epoch?: Epoch;
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

/** Locks a place of the document for this user, or renews their lock, in a room that this connection has joined. */
export interface ClientDocLock {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** What to lock, with everything below it. Default: `""`. */
  path?: JsonPointer;
  /** Seconds until the lock ends by itself. Default: `30`. */
  ttl?: number;
}

/** Asks for the locks of the document, in a room that this connection has joined. */
export interface ClientDocLockStatus {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Asks for the document, in a room that this connection has joined: whole, or what was missed. */
export interface ClientDocSync {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The version that the client has; absent for the whole document. */
  since_version?: DocumentVersion;
  /** The epoch of `since_version`; absent from a client that knows of none. */
  epoch?: Epoch;
}

/** Ends this user's lock, in a room that this connection has joined. */
export interface ClientDocUnlock {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The place that was locked, exactly. Default: `""`. */
  path?: JsonPointer;
}

/**
 * Keeps the connection alive and, unless it says otherwise, counts as activity of the user. May be sent without
 * payload.
 */
export interface ClientHeartbeat {
  /** Whether the user has been active; true if absent. False only keeps the connection alive. Default: `true`. */
  active?: boolean;
}

/** Asks how many of the caller's notifications are unread. May be sent without payload. */
export type ClientNotificationCount = Record<string, never>;

/** Marks one notification. */
export interface ClientNotificationReadOne {
  /**
   * Which notification, among those of its user. 1 to 64 characters: letters, digits, `_` or `-`; a client takes
   * it as it is.
   */
  notification_id: NotificationId;
}

/** Marks all that are unread. */
export interface ClientNotificationReadAll {
  /** True: all of them. */
  all: true;
}

/** Marks one of the caller's notifications as read, or all of them: exactly one of the two. */
export type ClientNotificationRead = 
  | (ClientNotificationReadOne & { all?: never })
  | (ClientNotificationReadAll & { notification_id?: never });

/** Asks who is online in the caller's tenant, a page at a time. May be sent without payload. */
export type ClientPresenceList = {
  /** Only users who are looking at an object of this type. */
  entity_type?: EntityType;
  /** Only users who are looking at this object; needs entity_type. */
  entity_id?: EntityIdIn;
  /** The `next` of a list: asks for the users who follow it. Up to 4,096 characters. */
  after?: string;
  /** How many users the list may have. The server may send fewer. */
  limit?: number;
} & ({ entity_id?: never } | { entity_type: EntityType });

/**
 * Sets the caller's status and where they are. A field that is absent keeps its value, an explicit null clears
 * it.
 */
export interface ClientPresenceUpdate {
  /** The status the user chooses. Absent: an away user becomes online, a busy one stays busy. */
  status?: PresenceStatus;
  /** The page the user is on now; null clears it. */
  current_page?: Page | null;
  /** The kind of business object the user is looking at; null clears it. */
  entity_type?: EntityType | null;
  /** Which object the user is looking at; null clears it. */
  entity_id?: EntityIdIn | null;
}

/** Opens a business object's room for this connection. Joining again is harmless. */
export interface ClientRoomJoin {
  /**
   * The kind of business object, such as `invoice`. 1 to 64 characters: a letter, then letters, digits, `_` or
   * `-`.
   */
  entity_type: EntityType;
  /** An entity id as a string, or as an integer within ±(2^53-1), which is answered as a string. */
  entity_id: EntityIdIn;
}

/** Takes this connection out of a room. */
export interface ClientRoomLeave {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Asks who has a room open. The caller need not be in it. */
export interface ClientRoomUsers {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** Says that the user types, for 6 seconds from now, in a room that this connection has joined. */
export interface ClientTypingStart {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** Where; absent or null for somewhere in the room. */
  field?: TypingFieldOrNone;
}

/** Says that the user types no more, in a room that this connection has joined. */
export interface ClientTypingStop {
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** Where; absent or null for everywhere in the room. */
  field?: TypingFieldOrNone;
}
