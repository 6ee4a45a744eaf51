-- A CommunityPolicy is Healthy while it is in force; that cases wait for people, or that its circuit is open, does not change that.
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
if obj.spec.suspend == true then
  hs.status = "Suspended"
else
  hs.status = "Healthy"
end
return hs
