// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import type {
  AckFailure,
  ActivityNext,
  Cursors,
  DocumentVersion,
  EditVersion,
  EntityId,
  EntityType,
  Epoch,
  Lock,
  Locks,
  Page,
  PresenceStatus,
  RoomId,
  RoomUsers,
  Seq,
  Time,
  UnreadCount,
  UserId,
  UserName,
} from './shared.js';

/** The event had its effect. */
export interface AckActivityFeedSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The `before` of the following page; null if this is the last one. */
  next: ActivityNext;
}

/**
 * The list was asked for, or why not. The list itself comes as `activity:feed`, in order with the other activity
 * messages, which an ack could overtake.
 */
export type AckActivityFeed = AckActivityFeedSuccess | AckFailure;

/** The event had its effect. */
export interface AckAuthRefreshSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The end of the connection; null if the token has no end. */
  expires_at: Time | null;
}

/**
 * When the connection ends now, or why the token is refused. A refused token changes nothing: the connection ends
 * when it would have.
 */
export type AckAuthRefresh = AckAuthRefreshSuccess | AckFailure;

/** The event had its effect. */
export interface AckCursorMoveSuccess {
  /** True: the event succeeded. */
  ok: true;
}

/** The position is noted, or why not. */
export type AckCursorMove = AckCursorMoveSuccess | AckFailure;

/** The event had its effect. */
export interface AckCursorRemoveSuccess {
  /** True: the event succeeded. */
  ok: true;
}

/** The cursor is gone, or why not. */
export type AckCursorRemove = AckCursorRemoveSuccess | AckFailure;

/** The event had its effect. */
export interface AckCursorSyncSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** One entry per user, whatever the number of their tabs, sorted by user_id; without the caller's own. */
  cursors: Cursors;
}

/** The others' cursors, as `cursor:sync` brings them, or why not. */
export type AckCursorSync = AckCursorSyncSuccess | AckFailure;

/** The event had its effect. */
export interface AckDocEditSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The number of the version that the edit made, the previous one plus 1. At most 2^53-1. */
  version: EditVersion;
  /**
   * Names the history that a document's versions belong to, 1 to 64 characters; only whether two are equal means
   * anything. Versions of different epochs are not of one history.
   */
  epoch: Epoch;
}

/** The version that the edit has made, or why not. */
export type AckDocEdit = AckDocEditSuccess | AckFailure;

/** The event had its effect. */
export interface AckDocLockSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** A place of the document that one user has reserved. */
  lock: Lock;
}

/** The lock, or why not. */
export type AckDocLock = AckDocLockSuccess | AckFailure;

/** The event had its effect. */
export interface AckDocLockStatusSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The locks of the room's document, sorted by path. */
  locks: Locks;
}

/** The locks, as `doc:lock_status` brings them, or why not. */
export type AckDocLockStatus = AckDocLockStatusSuccess | AckFailure;

/** The event had its effect. */
export interface AckDocSyncSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** How many edits made the document: 0 for `{}`, then 1, 2, 3, without gaps. At most 2^53-1. */
  version: DocumentVersion;
  /**
   * Names the history that a document's versions belong to, 1 to 64 characters; only whether two are equal means
   * anything. Versions of different epochs are not of one history.
   */
  epoch: Epoch;
}

/** The document's version, or why not. The document comes as `doc:sync`, in order with the edits. */
export type AckDocSync = AckDocSyncSuccess | AckFailure;

/** The event had its effect. */
export interface AckDocUnlockSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
  /** The locks of the room's document, sorted by path. */
  locks: Locks;
}

/** The locks that are left, or why not. */
export type AckDocUnlock = AckDocUnlockSuccess | AckFailure;

/** The event had its effect. */
export interface AckHeartbeatSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The server's time. */
  timestamp: Time;
}

/** The server's time, or why not. */
export type AckHeartbeat = AckHeartbeatSuccess | AckFailure;

/** The event had its effect. */
export interface AckNotificationCountSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** How many of the user's notifications are unread. */
  count: UnreadCount;
}

/**
 * How many notifications are unread, or why not. The same number also comes as `notification:count`, in order
 * with the other messages about notifications, which an ack could overtake.
 */
export type AckNotificationCount = AckNotificationCountSuccess | AckFailure;

/** The event had its effect. */
export interface AckNotificationReadSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** How many of the user's notifications are unread. */
  count: UnreadCount;
}

/**
 * How many notifications are unread now, or why nothing was marked. All of the user's connections are told the
 * number as `notification:count`.
 */
export type AckNotificationRead = AckNotificationReadSuccess | AckFailure;

/** The event had its effect. */
export interface AckPresenceListSuccess {
  /** True: the event succeeded. */
  ok: true;
}

/**
 * The list was asked for, or why not. The list itself comes as `presence:list`, in order with the other presence
 * messages, which an ack could overtake.
 */
export type AckPresenceList = AckPresenceListSuccess | AckFailure;

/** The event had its effect. */
export interface AckPresenceUpdateSuccess {
  /** True: the event succeeded. */
  ok: true;
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

/** The caller's presence as it now is, or why not. The same fields are broadcast as `presence:update`. */
export type AckPresenceUpdate = AckPresenceUpdateSuccess | AckFailure;

/** The event had its effect. */
export interface AckRoomJoinSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The room, with the entity id as a string. */
  room_id: RoomId;
  /** One entry per user, whatever the number of their tabs, sorted by joined_at. */
  users: RoomUsers;
}

/** The room and who is in it, the caller included, or why not. */
export type AckRoomJoin = AckRoomJoinSuccess | AckFailure;

/** The event had its effect. */
export interface AckRoomLeaveSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** `entity_type:entity_id`, a room inside the caller's own tenant. 3 to 193 characters. */
  room_id: RoomId;
}

/** The room that this connection left, or why not. */
export type AckRoomLeave = AckRoomLeaveSuccess | AckFailure;

/** The event had its effect. */
export interface AckRoomUsersSuccess {
  /** True: the event succeeded. */
  ok: true;
  /** The room, with the entity id as a string. */
  room_id: RoomId;
  /** One entry per user, whatever the number of their tabs, sorted by joined_at. */
  users: RoomUsers;
}

/** Who has the room open, or why not. */
export type AckRoomUsers = AckRoomUsersSuccess | AckFailure;

/** The event had its effect. */
export interface AckTypingStartSuccess {
  /** True: the event succeeded. */
  ok: true;
}

/** It is noted, or why not. */
export type AckTypingStart = AckTypingStartSuccess | AckFailure;

/** The event had its effect. */
export interface AckTypingStopSuccess {
  /** True: the event succeeded. */
  ok: true;
}

/** It is noted, or why not. */
export type AckTypingStop = AckTypingStopSuccess | AckFailure;
