// Ten mistakes that front ends make, each put into one event of the conversation, once.
const once = (event, change) => {
  let done = false;
  return (name, args) => {
    if (name !== event || done) return [name, args];
    done = true;
    return change(args);
  };
};
const payload = (event, change) => once(event, ([data]) => [event, [change(data)]]);

export const FAULTS = {
  "a number as text": payload("cursor:move", (data) => ({ ...data, line: "4" })),
  "a field forgotten": payload("room:join", ({ entity_type }) => ({ entity_type })),
  "a field too many": payload("typing:start", (data) => ({ ...data, user_id: "ana" })),
  "a status of one's own": payload("presence:update", (data) => ({ ...data, status: "invisible" })),
  "a list instead of an object": payload("heartbeat", () => []),
  "a number out of bounds": payload("activity:feed", (data) => ({ ...data, limit: 1000 })),
  "an id that is no UUID": payload("doc:edit", (data) => ({ ...data, edit_id: "edit-1" })),
  "an operation that is none, deep inside": payload("doc:edit", (data) => ({
    ...data,
    changes: [...data.changes, { op: "set", path: "/notes", value: 1 }],
  })),
  "both of an either-or": payload("notification:read", (data) => ({ ...data, notification_id: "n1" })),
  "an event that there is not": once("room:users", (args) => ["room:members", args]),
};
