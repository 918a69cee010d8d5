-- documents: a room's document, its last edits, and the epoch of its history.
-- KEYS room (hash) · document (hash) · document_log (list) · document_edits (zset) · document_witness (string)
--      locks (hash) · documents_ends (zset) · documents_bytes (hash)
-- ARGV room_id · room_channel · kept_seconds · after_loss (1: this node has seen Redis lose data, else 0)
--
-- The hash: version, epoch, broken (1 if there was another epoch before), content (JSON) and the log's size in bytes. The
-- log: one entry per edit: the places it touched (JSON), a line break, and the message that announced it (JSON).
--
-- The witness says which epoch and version were told last, and by which master. It stands apart from the document, and
-- outlives it, so that a document that is not as it was told is noticed. Before the first edit it is a field of the room.

-- Edits and bytes that the log keeps. A client that has missed more gets the whole document, which is not larger.
local LOG_EDITS, LOG_BYTES = 500, 1048576

-- Ids of edits that are kept, so that an edit sent again after a lost ack is recognised.
local EDIT_IDS = 2000

-- Times of its document's life that a witness is kept.
local WITNESS_LIVES = 2

-- The bytes that a document takes, and the sum of all of the tenant.
local function read_bytes(name)
  local own, sum = unpack(redis.call('HMGET', documents_bytes_key, name, ''))
  return tonumber(own or '0'), tonumber(sum or '0')
end

-- Note what a document takes now; 0: it is gone.
local function note_bytes(name, bytes)
  local own, sum = read_bytes(name)
  sum = sum + bytes - own
  if bytes > 0 then
    redis.call('HSET', documents_bytes_key, name, digits(bytes), '', digits(sum))
    return
  end
  redis.call('ZREM', documents_ends_key, name)
  if redis.call('HDEL', documents_bytes_key, name) == 1 then redis.call('HSET', documents_bytes_key, '', digits(sum)) end
end

-- Documents that have ended and are taken off the budget in one turn.
local ENDED_AT_ONCE = 10

-- Take documents off the budget whose time is over: Redis has deleted them.
local function forget_ended_documents()
  local ended = redis.call('ZRANGE', documents_ends_key, '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, ENDED_AT_ONCE)
  for _, name in ipairs(ended) do note_bytes(name, 0) end
end

-- Keep the document for `kept_seconds` from now. It `exists` if it was ever edited.
local function keep_document(exists)
  for _, key in ipairs({ document_key, document_log_key, document_edits_key }) do redis.call('EXPIRE', key, kept_seconds) end
  if exists then
    redis.call('ZADD', documents_ends_key, digits(now + kept_seconds * 1000), room_id)
    for _, key in ipairs({ documents_ends_key, documents_bytes_key }) do redis.call('EXPIRE', key, kept_seconds) end
  end
end

-- Keep the document and its witness from now, because somebody has read it.
local function keep_read_document(document)
  keep_document(document.version > 0)
  redis.call('EXPIRE', document_witness_key, WITNESS_LIVES * kept_seconds)
end

local function witness_of(document)
  return document.epoch .. ' ' .. digits(document.version) .. ' ' .. document.master
end

-- Note what is told from now on. Of a document that nobody ever edited only its room knows.
local function note_witness(document)
  if document.version == 0 and not document.broken then
    redis.call('HSET', room_key, 'document', witness_of(document))
    return
  end
  redis.call('SET', document_witness_key, witness_of(document), 'EX', WITNESS_LIVES * kept_seconds)
  if document.version <= 1 then redis.call('HDEL', room_key, 'document') end
end

-- `doc:sync` as JSON: the document with its `content`, or the edits that were missed. Both are JSON.
local function document_json(document, content, changes)
  return '{"room_id":' .. json(room_id) .. ',"version":' .. digits(document.version) .. ',"epoch":"' .. document.epoch
    .. '","content":' .. content .. ',"changes":[' .. changes .. '],"locks":' .. locks_json(read_locks(locks_key)) .. '}'
end

-- The document's content as JSON.
local function read_content()
  return redis.call('HGET', document_key, 'content') or '{}'
end

-- Begin an epoch: what was `told` of the document (nil: nothing, as far as is known) is not continued by what is here.
local function begin_epoch(document, told)
  document.broken = document.broken or told ~= nil or after_loss == '1'
  -- Above the last one also where Redis' clock is behind.
  document.epoch = digits(math.max(now_us, (tonumber(document.epoch) or 0) + 1))
  redis.call('DEL', document_log_key)
  if document.version == 0 then
    redis.call('DEL', document_key, document_edits_key)
    note_bytes(room_id, 0)
  else
    redis.call('HSET', document_key, 'epoch', document.epoch, 'broken', document.broken and 1 or 0, 'log_bytes', 0)
    redis.call('ZREMRANGEBYSCORE', document_edits_key, '(' .. digits(document.version), '+inf')
  end
  note_witness(document)
  keep_document(document.version > 0)
  if told then emit(room_channel, 'doc:sync', document_json(document, read_content(), '')) end
end

-- The document: version (0: never edited), epoch, and whether it is `broken`. If it is not what was told last, or another
-- master has told it, whose last writes this one may not have, its next epoch begins here.
local function read_document()
  local version, epoch, broken = unpack(redis.call('HMGET', document_key, 'version', 'epoch', 'broken'))
  local document = { version = tonumber(version or '0'), epoch = epoch or nil, broken = broken == '1', master = master_id() }
  local witness = redis.call('GET', document_witness_key)
  if document.version == 0 then
    document.broken = witness and true
    witness = witness or redis.call('HGET', room_key, 'document')
    document.epoch = witness and string.match(witness, '^%d+') or nil
  end
  if not (witness and document.epoch and witness == witness_of(document)) then
    begin_epoch(document, witness or document.epoch or nil)
  end
  return document
end

-- Whether a version that a client names is of the document's epoch. Without an epoch ('') it is taken at its word while
-- there was no other; at version 0 there is nothing to continue.
local function is_continued(document, epoch)
  if epoch == '' then return not document.broken or document.version == 0 end
  return epoch == document.epoch
end

-- The entries of all edits after `since`, a version of `epoch`; nil if they are not all known.
local function edits_since(document, since, epoch)
  local version = document.version
  if not is_continued(document, epoch) or since > version or version - since > redis.call('LLEN', document_log_key) then
    return nil
  end
  if since == version then return {} end
  return redis.call('LRANGE', document_log_key, since - version, -1)
end

-- Store `content` as the next version, made by the edit `edit_key`. Returns the `message` for the room, with the epoch.
local function append_edit(document, content, touched, message, edit_key)
  document.version = document.version + 1
  message = string.sub(message, 1, -2) .. ',"epoch":"' .. document.epoch .. '"}'
  local entry = touched .. '\n' .. message
  redis.call('HSET', document_key, 'version', digits(document.version), 'content', content)
  if document.version == 1 then
    redis.call('HSET', document_key, 'epoch', document.epoch, 'broken', document.broken and 1 or 0)
  end
  redis.call('RPUSH', document_log_key, entry)
  local size = redis.call('HINCRBY', document_key, 'log_bytes', #entry)
  while redis.call('LLEN', document_log_key) > LOG_EDITS or (size > LOG_BYTES and redis.call('LLEN', document_log_key) > 1) do
    size = redis.call('HINCRBY', document_key, 'log_bytes', -#redis.call('LPOP', document_log_key))
  end
  note_bytes(room_id, #content + size)
  redis.call('ZADD', document_edits_key, digits(document.version), edit_key)
  redis.call('ZREMRANGEBYRANK', document_edits_key, 0, -EDIT_IDS - 1)
  note_witness(document)
  keep_document(true)
  return message
end

-- Have the sid's node send the ack of an edit, by its number, after every earlier broadcast. Also for an edit that is known already: the
-- message that announced it may still be on its way.
local function answer_follows(node_channel, sid, ack_number)
  publish(node_channel, '{"do":"hold","sid":' .. json(sid) .. ',"number":' .. ack_number .. '}')
end
