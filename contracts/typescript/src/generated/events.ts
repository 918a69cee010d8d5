// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import type {
  ClientActivityFeed,
  ClientAuthRefresh,
  ClientConnect,
  ClientCursorMove,
  ClientCursorRemove,
  ClientCursorSync,
  ClientDocEdit,
  ClientDocLock,
  ClientDocLockStatus,
  ClientDocSync,
  ClientDocUnlock,
  ClientHeartbeat,
  ClientNotificationCount,
  ClientNotificationRead,
  ClientPresenceList,
  ClientPresenceUpdate,
  ClientRoomJoin,
  ClientRoomLeave,
  ClientRoomUsers,
  ClientTypingStart,
  ClientTypingStop,
} from './client.js';
import type {
  ServerActivity,
  ServerActivityFeed,
  ServerAuthExpiring,
  ServerConnectError,
  ServerCursorMove,
  ServerCursorRemove,
  ServerCursorSync,
  ServerDocEdit,
  ServerDocLockStatus,
  ServerDocSync,
  ServerError,
  ServerHeartbeatAck,
  ServerNotification,
  ServerNotificationCount,
  ServerPresenceList,
  ServerPresenceUpdate,
  ServerPresenceUserJoined,
  ServerPresenceUserLeft,
  ServerRoomUserJoined,
  ServerRoomUserLeft,
  ServerRoomUsers,
  ServerTypingUsers,
} from './server.js';
import type {
  AckActivityFeed,
  AckAuthRefresh,
  AckCursorMove,
  AckCursorRemove,
  AckCursorSync,
  AckDocEdit,
  AckDocLock,
  AckDocLockStatus,
  AckDocSync,
  AckDocUnlock,
  AckHeartbeat,
  AckNotificationCount,
  AckNotificationRead,
  AckPresenceList,
  AckPresenceUpdate,
  AckRoomJoin,
  AckRoomLeave,
  AckRoomUsers,
  AckTypingStart,
  AckTypingStop,
} from './ack.js';
import type {
  RequestActivityEntity,
  RequestActivityList,
  RequestActivityRecord,
  RequestNotificationsCreate,
  RequestNotificationsList,
  RequestPresenceStatus,
  ResponseActivityEntity,
  ResponseActivityList,
  ResponseActivityRecord,
  ResponseError,
  ResponseNotificationsCount,
  ResponseNotificationsCreate,
  ResponseNotificationsDelete,
  ResponseNotificationsList,
  ResponseNotificationsRead,
  ResponseNotificationsReadAll,
  ResponseOpsHealthz,
  ResponseOpsReadyz,
  ResponsePresenceGet,
  ResponsePresenceList,
  ResponsePresenceStatus,
} from './rest.js';

export type * from './shared.js';
export type * from './client.js';
export type * from './server.js';
export type * from './ack.js';
export type * from './rest.js';

/** Takes the answer to an event: `answer.ok` tells success from failure, `answer.error.code` one failure from another. */
export type Ack<Answer> = (answer: Answer) => void;

/** What the client receives: `Socket<ServerToClientEvents, ClientToServerEvents>`. */
export interface ServerToClientEvents {
  /**
   * What was asked for of what happened in the tenant. Every `activity` that comes after this message is newer
   * than all that it could list; each that came before is older, or in it.
   */
  'activity:feed': (payload: ServerActivityFeed) => void;
  /** Something happened in the tenant. Sent to all of its connections, in the order of the ids. */
  activity: (payload: ServerActivity) => void;
  /**
   * The connection's token ends in a minute, or sooner if it has not lived so long. Send a newer one with
   * `auth:refresh`.
   */
  'auth:expiring': (payload: ServerAuthExpiring) => void;
  /** Where another user is now. */
  'cursor:move': (payload: ServerCursorMove) => void;
  /** Another user's cursor is gone: taken away, its tab has left, or without a move for 300 seconds. */
  'cursor:remove': (payload: ServerCursorRemove) => void;
  /** Where the others are, to one who asks. */
  'cursor:sync': (payload: ServerCursorSync) => void;
  /** Another connection's edit. Versions come in order and without gaps, the acks of one's own edits among them. */
  'doc:edit': (payload: ServerDocEdit) => void;
  /** The locks of a room's document: to all of the room on each change, and to one who asks. */
  'doc:lock_status': (payload: ServerDocLockStatus) => void;
  /** The document, to one who asks: whole, or the edits since the version that they have. */
  'doc:sync': (payload: ServerDocSync) => void;
  /**
   * Something the client did failed, or its connection is about to end. Sent to that connection only, beside a
   * failed ack.
   */
  error: (payload: ServerError) => void;
  /** The answer to a heartbeat. */
  heartbeat_ack: (payload: ServerHeartbeatAck) => void;
  /**
   * How many of the user's notifications are unread: to all of the user's connections whenever it changes, and to
   * the one that asks.
   */
  'notification:count': (payload: ServerNotificationCount) => void;
  /**
   * A notification for this user, just made. Sent to all of the user's connections, before the
   * `notification:count` that counts it; a user who is offline finds it later, over REST.
   */
  notification: (payload: ServerNotification) => void;
  /**
   * Who is online in the tenant, or who is looking at the entity that was asked for: the first users, or those
   * who follow an earlier list.
   */
  'presence:list': (payload: ServerPresenceList) => void;
  /** A user's status or place, sent to the whole tenant, its sender included. */
  'presence:update': (payload: ServerPresenceUpdate) => void;
  /** A user came online: this is their first connection. */
  'presence:user_joined': (payload: ServerPresenceUserJoined) => void;
  /** A user went offline: their last connection said goodbye, or stayed lost. */
  'presence:user_left': (payload: ServerPresenceUserLeft) => void;
  /** A user who was not in the room opened it. Sent to the others in it. */
  'room:user_joined': (payload: ServerRoomUserJoined) => void;
  /** A user's last connection left the room. Sent to the others in it. */
  'room:user_left': (payload: ServerRoomUserLeft) => void;
  /** Who has a room open: to a user who joins it, and to one who asks. */
  'room:users': (payload: ServerRoomUsers) => void;
  /** Who types in a room, to all of it on each change, and to one who joins while somebody types. */
  'typing:users': (payload: ServerTypingUsers) => void;
}

/** What the client sends, in full: the ack may be left out, and so may a payload that may be `{}` (src/socket-types.ts). */
export interface ClientToServerEvents {
  /** Asks what happened in the caller's tenant, newest first, a page at a time. May be sent without payload. */
  'activity:feed': (payload: ClientActivityFeed, ack: Ack<AckActivityFeed>) => void;
  /**
   * A newer token of the same user and tenant: the connection ends with this one, and goes on without a
   * reconnect.
   */
  'auth:refresh': (payload: ClientAuthRefresh, ack: Ack<AckAuthRefresh>) => void;
  /**
   * Says where the user is, in a room that this connection has joined. The latest position counts; it always
   * reaches the others, at most 30 a second.
   */
  'cursor:move': (payload: ClientCursorMove, ack: Ack<AckCursorMove>) => void;
  /** Says that the user's cursor is nowhere, in a room that this connection has joined. */
  'cursor:remove': (payload: ClientCursorRemove, ack: Ack<AckCursorRemove>) => void;
  /** Asks for the others' cursors, in a room that this connection has joined. */
  'cursor:sync': (payload: ClientCursorSync, ack: Ack<AckCursorSync>) => void;
  /** Edits the document, in a room that this connection has joined. */
  'doc:edit': (payload: ClientDocEdit, ack: Ack<AckDocEdit>) => void;
  /** Locks a place of the document for this user, or renews their lock, in a room that this connection has joined. */
  'doc:lock': (payload: ClientDocLock, ack: Ack<AckDocLock>) => void;
  /** Asks for the locks of the document, in a room that this connection has joined. */
  'doc:lock_status': (payload: ClientDocLockStatus, ack: Ack<AckDocLockStatus>) => void;
  /** Asks for the document, in a room that this connection has joined: whole, or what was missed. */
  'doc:sync': (payload: ClientDocSync, ack: Ack<AckDocSync>) => void;
  /** Ends this user's lock, in a room that this connection has joined. */
  'doc:unlock': (payload: ClientDocUnlock, ack: Ack<AckDocUnlock>) => void;
  /**
   * Keeps the connection alive and, unless it says otherwise, counts as activity of the user. May be sent without
   * payload.
   */
  heartbeat: (payload: ClientHeartbeat, ack: Ack<AckHeartbeat>) => void;
  /** Asks how many of the caller's notifications are unread. May be sent without payload. */
  'notification:count': (payload: ClientNotificationCount, ack: Ack<AckNotificationCount>) => void;
  /** Marks one of the caller's notifications as read, or all of them: exactly one of the two. */
  'notification:read': (payload: ClientNotificationRead, ack: Ack<AckNotificationRead>) => void;
  /** Asks who is online in the caller's tenant, a page at a time. May be sent without payload. */
  'presence:list': (payload: ClientPresenceList, ack: Ack<AckPresenceList>) => void;
  /**
   * Sets the caller's status and where they are. A field that is absent keeps its value, an explicit null clears
   * it.
   */
  'presence:update': (payload: ClientPresenceUpdate, ack: Ack<AckPresenceUpdate>) => void;
  /** Opens a business object's room for this connection. Joining again is harmless. */
  'room:join': (payload: ClientRoomJoin, ack: Ack<AckRoomJoin>) => void;
  /** Takes this connection out of a room. */
  'room:leave': (payload: ClientRoomLeave, ack: Ack<AckRoomLeave>) => void;
  /** Asks who has a room open. The caller need not be in it. */
  'room:users': (payload: ClientRoomUsers, ack: Ack<AckRoomUsers>) => void;
  /** Says that the user types, for 6 seconds from now, in a room that this connection has joined. */
  'typing:start': (payload: ClientTypingStart, ack: Ack<AckTypingStart>) => void;
  /** Says that the user types no more, in a room that this connection has joined. */
  'typing:stop': (payload: ClientTypingStop, ack: Ack<AckTypingStop>) => void;
}

/** The payloads of direction `client`, by event. */
export interface ClientMessages {
  'activity:feed': ClientActivityFeed;
  'auth:refresh': ClientAuthRefresh;
  connect: ClientConnect;
  'cursor:move': ClientCursorMove;
  'cursor:remove': ClientCursorRemove;
  'cursor:sync': ClientCursorSync;
  'doc:edit': ClientDocEdit;
  'doc:lock': ClientDocLock;
  'doc:lock_status': ClientDocLockStatus;
  'doc:sync': ClientDocSync;
  'doc:unlock': ClientDocUnlock;
  heartbeat: ClientHeartbeat;
  'notification:count': ClientNotificationCount;
  'notification:read': ClientNotificationRead;
  'presence:list': ClientPresenceList;
  'presence:update': ClientPresenceUpdate;
  'room:join': ClientRoomJoin;
  'room:leave': ClientRoomLeave;
  'room:users': ClientRoomUsers;
  'typing:start': ClientTypingStart;
  'typing:stop': ClientTypingStop;
}

/** The payloads of direction `server`, by event. */
export interface ServerMessages {
  'activity:feed': ServerActivityFeed;
  activity: ServerActivity;
  'auth:expiring': ServerAuthExpiring;
  connect_error: ServerConnectError;
  'cursor:move': ServerCursorMove;
  'cursor:remove': ServerCursorRemove;
  'cursor:sync': ServerCursorSync;
  'doc:edit': ServerDocEdit;
  'doc:lock_status': ServerDocLockStatus;
  'doc:sync': ServerDocSync;
  error: ServerError;
  heartbeat_ack: ServerHeartbeatAck;
  'notification:count': ServerNotificationCount;
  notification: ServerNotification;
  'presence:list': ServerPresenceList;
  'presence:update': ServerPresenceUpdate;
  'presence:user_joined': ServerPresenceUserJoined;
  'presence:user_left': ServerPresenceUserLeft;
  'room:user_joined': ServerRoomUserJoined;
  'room:user_left': ServerRoomUserLeft;
  'room:users': ServerRoomUsers;
  'typing:users': ServerTypingUsers;
}

/** The payloads of direction `ack`, by event. */
export interface AckMessages {
  'activity:feed': AckActivityFeed;
  'auth:refresh': AckAuthRefresh;
  'cursor:move': AckCursorMove;
  'cursor:remove': AckCursorRemove;
  'cursor:sync': AckCursorSync;
  'doc:edit': AckDocEdit;
  'doc:lock': AckDocLock;
  'doc:lock_status': AckDocLockStatus;
  'doc:sync': AckDocSync;
  'doc:unlock': AckDocUnlock;
  heartbeat: AckHeartbeat;
  'notification:count': AckNotificationCount;
  'notification:read': AckNotificationRead;
  'presence:list': AckPresenceList;
  'presence:update': AckPresenceUpdate;
  'room:join': AckRoomJoin;
  'room:leave': AckRoomLeave;
  'room:users': AckRoomUsers;
  'typing:start': AckTypingStart;
  'typing:stop': AckTypingStop;
}

/** The payloads of direction `request`, by event. */
export interface RestRequests {
  'activity:entity': RequestActivityEntity;
  'activity:list': RequestActivityList;
  'activity:record': RequestActivityRecord;
  'notifications:create': RequestNotificationsCreate;
  'notifications:list': RequestNotificationsList;
  'presence:status': RequestPresenceStatus;
}

/** The payloads of direction `response`, by event. */
export interface RestResponses {
  'activity:entity': ResponseActivityEntity;
  'activity:list': ResponseActivityList;
  'activity:record': ResponseActivityRecord;
  error: ResponseError;
  'notifications:count': ResponseNotificationsCount;
  'notifications:create': ResponseNotificationsCreate;
  'notifications:delete': ResponseNotificationsDelete;
  'notifications:list': ResponseNotificationsList;
  'notifications:read': ResponseNotificationsRead;
  'notifications:read_all': ResponseNotificationsReadAll;
  'ops:healthz': ResponseOpsHealthz;
  'ops:readyz': ResponseOpsReadyz;
  'presence:get': ResponsePresenceGet;
  'presence:list': ResponsePresenceList;
  'presence:status': ResponsePresenceStatus;
}
