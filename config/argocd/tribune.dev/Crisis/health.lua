-- A Crisis is Healthy while it does what it says, whether it holds or has ended.
hs = { status = "Progressing", message = "Waiting for Tribune to look at it" }
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end
local ready, stalled = nil, nil
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then ready = condition end
  if condition.type == "Stalled" and condition.status == "True" then stalled = condition end
end
if stalled ~= nil then
  hs.status = "Degraded"
  hs.message = stalled.reason .. ": " .. (stalled.message or "")
  return hs
end
if ready == nil then
  return hs
end
hs.message = ready.message or ""
if ready.status ~= "True" then
  return hs
end
hs.status = "Healthy"
return hs
