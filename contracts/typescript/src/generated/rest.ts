// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import type {
  ActionUrl,
  Activities,
  Activity,
  ActivityAction,
  ActivityBefore,
  ActivityDetails,
  ActivityLimit,
  ActivityNext,
  ActivityOffset,
  ActivitySince,
  EntityIdIn,
  EntityName,
  EntityType,
  InternalDetails,
  InvalidPayloadDetails,
  NotificationMessage,
  NotificationPriority,
  NotificationTitle,
  NotificationType,
  PresenceStatus,
  PresentUser,
  RateLimitedDetails,
  RestErrorText,
  RestFailure,
  RestPresence,
  RestSuccess,
  SourceType,
  StoredNotification,
  UnreadCount,
  UserId,
  UserName,
} from './shared.js';

/** Which of the activity of one object to list, newest first. */
export interface RequestActivityEntity {
  /** How many items to answer with at most. Default: `50`. */
  limit?: ActivityLimit;
  /**
   * How many items to skip, from the newest of those asked for. For pages, `before` is better: it does not slip
   * when items are added. Default: `0`.
   */
  offset?: ActivityOffset;
  /**
   * Only items newer than this one: what a client missed that knows everything up to it. An item that is no
   * longer there still has its place.
   */
  since?: ActivitySince;
  /**
   * Only items older than this one: the `next` of the page before. An item that is no longer there still has its
   * place.
   */
  before?: ActivityBefore;
  /** Only what this user did. */
  user_id?: UserId;
}

/** Which of the tenant's activity to list, newest first. */
export interface RequestActivityList {
  /** How many items to answer with at most. Default: `50`. */
  limit?: ActivityLimit;
  /**
   * How many items to skip, from the newest of those asked for. For pages, `before` is better: it does not slip
   * when items are added. Default: `0`.
   */
  offset?: ActivityOffset;
  /** Only what was done to objects of this type. */
  entity_type?: EntityType;
  /**
   * Only items newer than this one: what a client missed that knows everything up to it. An item that is no
   * longer there still has its place.
   */
  since?: ActivitySince;
  /**
   * Only items older than this one: the `next` of the page before. An item that is no longer there still has its
   * place.
   */
  before?: ActivityBefore;
  /** Only what this user did. */
  user_id?: UserId;
}

/** Something that a user of the caller's tenant did. Details that are null are as if absent. */
export interface RequestActivityRecord {
  /** Who did it. */
  user_id: UserId;
  /** What they are called. 1 to 255 characters. */
  user_name: UserName;
  /** What was done, such as `invoice.approved`, in the application's own words. 1 to 100 characters. */
  action: ActivityAction;
  /** The kind of business object that it was done to. */
  entity_type: EntityType;
  /** Which object it was done to. */
  entity_id: EntityIdIn;
  /** What people call the object that it was done to. 1 to 255 characters. */
  entity_name: EntityName;
  /** What the application tells beside it; null for nothing. */
  details?: ActivityDetails;
}

/** A notification for one user of the caller's tenant. An optional property that is null is as if absent. */
export interface RequestNotificationsCreate {
  /** Whom to notify, online or not. */
  user_id: UserId;
  /** What kind of notification it is, such as `invoice_paid`, in the application's own words. 1 to 50 characters. */
  type: NotificationType;
  /** The notification in one line. 1 to 255 characters. */
  title: NotificationTitle;
  /** The notification at length; null if the title says it all. 1 to 4,000 characters. */
  message?: NotificationMessage;
  /** How urgent it is; `normal` if absent or null. Default: `"normal"`. */
  priority?: NotificationPriority | null;
  /** The kind of business object it is about; null if it is about none. */
  source_type?: SourceType;
  /** Which object it is about; null if it is about none. */
  source_id?: EntityIdIn | null;
  /**
   * Where a click on it leads: a path of the application from `/`, or an https URL; never another scheme, and
   * never another host by `//`. Printable ASCII without space and backslash, everything else percent-encoded;
   * null for nowhere. 1 to 500 characters.
   */
  action_url?: ActionUrl;
  /** Seconds until it is gone by itself, read or not. Absent or null: 30 days, after which all are gone. */
  expires_in?: number | null;
}

/** Which of the caller's notifications to list, newest first. */
export interface RequestNotificationsList {
  /** Whether to leave out those that have been read. Default: `false`. */
  unread_only?: boolean;
  /** How many notifications to answer with at most. Default: `50`. */
  limit?: number;
  /** How many notifications to skip, from the newest of those asked for. Default: `0`. */
  offset?: number;
}

/** Chooses the caller's own status, as `presence:update` does. */
export interface RequestPresenceStatus {
  /** The status the user chooses. */
  status: PresenceStatus;
}

/** Some of the activity of one object. */
export interface ResponseActivityEntity {
  /** True: the request was done. */
  success: RestSuccess;
  /** What happened, newest first. */
  items: Activities;
  /** The `before` of the following page; null if this is the last one. */
  next: ActivityNext;
}

/** Some of the tenant's activity. */
export interface ResponseActivityList {
  /** True: the request was done. */
  success: RestSuccess;
  /** What happened, newest first. */
  items: Activities;
  /** The `before` of the following page; null if this is the last one. */
  next: ActivityNext;
}

/** What was recorded, now or by an earlier request with the same key. */
export interface ResponseActivityRecord {
  /** True: the request was done. */
  success: RestSuccess;
  /** Something that a user did. */
  activity: Activity;
}

/** A failure whose code says it all. */
export interface ResponseErrorPlainError {
  /** False: the request was not done. */
  success: RestFailure;
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  error: RestErrorText;
  /** What went wrong, for programs. */
  code: "unauthenticated" | "token_expired" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "too_large" | "unavailable";
}

/** The query or the body is not what the operation's schema asks for. */
export interface ResponseErrorInvalidPayloadError {
  /** False: the request was not done. */
  success: RestFailure;
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  error: RestErrorText;
  /** What went wrong, for programs. */
  code: "invalid_payload";
  /** Where the payload is wrong, and how. */
  details: InvalidPayloadDetails;
}

/** Too many requests in too short a time; this one was not done. */
export interface ResponseErrorRateLimitedError {
  /** False: the request was not done. */
  success: RestFailure;
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  error: RestErrorText;
  /** What went wrong, for programs. */
  code: "rate_limited";
  /** When to try again. */
  details: RateLimitedDetails;
}

/** The server failed; trying again later may help. */
export interface ResponseErrorInternalError {
  /** False: the request was not done. */
  success: RestFailure;
  /** What went wrong, for people. 1 to 500 characters; programs go by the code. */
  error: RestErrorText;
  /** What went wrong, for programs. */
  code: "internal";
  /** What to quote to the operator. */
  details: InternalDetails;
}

/** A request that failed. The code decides whether there are `details`, and what is in them. */
export type ResponseError = 
  | ResponseErrorPlainError
  | ResponseErrorInvalidPayloadError
  | ResponseErrorRateLimitedError
  | ResponseErrorInternalError;

/** How many of the caller's notifications are unread. */
export interface ResponseNotificationsCount {
  /** True: the request was done. */
  success: RestSuccess;
  /** How many of the user's notifications are unread. */
  count: UnreadCount;
}

/** The notification that was made, now or by an earlier request with the same key. */
export interface ResponseNotificationsCreate {
  /** True: the request was done. */
  success: RestSuccess;
  /** One notification of a user, and whether they have read it. */
  notification: StoredNotification;
}

/** The notification is gone. */
export interface ResponseNotificationsDelete {
  /** True: the request was done. */
  success: RestSuccess;
  /** How many of the user's notifications are unread now. */
  unread_count: UnreadCount;
}

/** Some of the caller's notifications. */
export interface ResponseNotificationsList {
  /** True: the request was done. */
  success: RestSuccess;
  /** The notifications, newest first. */
  notifications: StoredNotification[];
  /** How many notifications there are of those asked for, on all pages together. */
  total: number;
  /** How many of the user's notifications are unread now. */
  unread_count: UnreadCount;
}

/** The notification as it is now. */
export interface ResponseNotificationsRead {
  /** True: the request was done. */
  success: RestSuccess;
  /** One notification of a user, and whether they have read it. */
  notification: StoredNotification;
  /** How many of the user's notifications are unread now. */
  unread_count: UnreadCount;
}

/** What was marked as read. */
export interface ResponseNotificationsReadAll {
  /** True: the request was done. */
  success: RestSuccess;
  /** How many notifications were unread before. */
  marked_count: number;
  /** How many of the user's notifications are unread now. */
  unread_count: UnreadCount;
}

/** The process is alive. */
export interface ResponseOpsHealthz {
  /** True: the request was done. */
  success: RestSuccess;
  /** Alive. */
  status: "alive";
}

/** The node may get clients. */
export interface ResponseOpsReadyz {
  /** True: the request was done. */
  success: RestSuccess;
  /** Ready. */
  status: "ready";
}

/** One user's presence. */
export interface ResponsePresenceGet {
  /** True: the request was done. */
  success: RestSuccess;
  /** Whether one user is online, and where. Of a user who is offline all is null but user_id and status. */
  presence: RestPresence;
}

/** Everybody who is online in the tenant. */
export interface ResponsePresenceList {
  /** True: the request was done. */
  success: RestSuccess;
  /** The users, sorted by user_name, then user_id, by Unicode code point. */
  users: PresentUser[];
  /** How many users there are in the list. */
  count: number;
}

/** The caller's presence as it is now. */
export interface ResponsePresenceStatus {
  /** True: the request was done. */
  success: RestSuccess;
  /** Whether one user is online, and where. Of a user who is offline all is null but user_id and status. */
  presence: RestPresence;
}
