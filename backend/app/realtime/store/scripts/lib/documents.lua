-- documents: a room's document and its last edits.
-- KEYS –
-- ARGV –
--
-- The hash: version, content (JSON) and the log's size in bytes. The log: one entry per edit: the places it touched (JSON),
-- a line break, and the message that announced it (JSON).

-- Edits and bytes that the log keeps. A client that has missed more gets the whole document, which is not larger.
local LOG_EDITS, LOG_BYTES = 500, 1048576

-- Ids of edits that are kept, so that an edit sent again after a lost ack is recognised.
local EDIT_IDS = 2000

-- The document's version (0: never edited), and the number of its last edits in the log.
local function read_version(doc_key, log_key)
  return tonumber(redis.call('HGET', doc_key, 'version') or '0'), redis.call('LLEN', log_key)
end

-- The entries of all edits after `since`, or nil if the log does not have them all.
local function edits_since(log_key, version, kept, since)
  if since > version or version - since > kept then return nil end
  if since == version then return {} end
  return redis.call('LRANGE', log_key, since - version, -1)
end

-- Keep a document for `ttl` seconds from now.
local function keep_document(doc_key, log_key, ids_key, ttl)
  for _, key in ipairs({ doc_key, log_key, ids_key }) do redis.call('EXPIRE', key, ttl) end
end

-- Store `content` as the next version, made by the edit `edit_key`.
local function append_edit(doc_key, log_key, ids_key, version, content, entry, edit_key, ttl)
  redis.call('HSET', doc_key, 'version', digits(version), 'content', content)
  redis.call('RPUSH', log_key, entry)
  local size = redis.call('HINCRBY', doc_key, 'log_bytes', #entry)
  while redis.call('LLEN', log_key) > LOG_EDITS or (size > LOG_BYTES and redis.call('LLEN', log_key) > 1) do
    size = redis.call('HINCRBY', doc_key, 'log_bytes', -#redis.call('LPOP', log_key))
  end
  redis.call('ZADD', ids_key, digits(version), edit_key)
  redis.call('ZREMRANGEBYRANK', ids_key, 0, -EDIT_IDS - 1)
  keep_document(doc_key, log_key, ids_key, ttl)
end

-- Have the sid's node send the ack of an edit, by its number, after every earlier broadcast. Also for an edit that is known already: the
-- message that announced it may still be on its way.
local function answer_follows(node_channel, sid, ack_number)
  redis.call('PUBLISH', node_channel, '{"do":"hold","sid":' .. json(sid) .. ',"number":' .. ack_number .. '}')
end
