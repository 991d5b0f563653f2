using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace CredentialBroker.Clusters;

/// <summary>One change of the stand-in's world.</summary>
internal sealed record WorldEvent(long Version, string Resource, string Type, JsonObject Object);

/// <summary>
/// The objects of a stand-in cluster, with one line of versions over all of them, as etcd has it. What was forgotten cannot
/// be watched from any more.
/// </summary>
internal sealed class ClusterWorld
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (string Resource, JsonObject Object)> _objects = new(StringComparer.Ordinal);
    private readonly List<WorldEvent> _log = [];
    private readonly List<(string Resource, Channel<WorldEvent> To)> _watchers = [];
    private long _version = 100;
    private long _forgotten = 100;

    public long Version
    {
        get
        {
            lock (_gate) return _version;
        }
    }

    /// <summary>Adds, or replaces what has the same name.</summary>
    public JsonObject Put(string resource, JsonObject thing)
    {
        lock (_gate)
        {
            var copy = (JsonObject)thing.DeepClone();
            var key = KeyOf(resource, copy);
            var type = _objects.ContainsKey(key) ? "MODIFIED" : "ADDED";
            Stamp(copy);
            _objects[key] = (resource, copy);
            Tell(new WorldEvent(_version, resource, type, copy));
            return (JsonObject)copy.DeepClone();
        }
    }

    public void Change(string resource, string name, Action<JsonObject> change)
    {
        var thing = Find(resource, name) ?? throw new InvalidOperationException($"no {resource} {name}");
        change(thing);
        Put(resource, thing);
    }

    /// <param name="quietly">As if the watch cache had lost it: nobody is told.</param>
    public void Delete(string resource, string name, bool quietly = false)
    {
        lock (_gate)
        {
            if (!_objects.Remove($"{resource}/{name}", out var gone)) return;
            var last = (JsonObject)gone.Object.DeepClone();
            Stamp(last);
            if (!quietly) Tell(new WorldEvent(_version, resource, "DELETED", last));
        }
    }

    public JsonObject? Find(string resource, string name)
    {
        lock (_gate) return _objects.TryGetValue($"{resource}/{name}", out var found) ? (JsonObject)found.Object.DeepClone() : null;
    }

    /// <summary>A page, after a key, with the version that it is as of.</summary>
    public (JsonArray Items, string? Next, long Version) Page(string resource, string after, int limit, Func<JsonObject, bool> wanted)
    {
        lock (_gate)
        {
            var all = _objects.Where(o => o.Value.Resource == resource && string.CompareOrdinal(o.Key, after) > 0 && wanted(o.Value.Object)).Take(limit + 1).ToList();
            var page = all.Take(limit).ToList();
            return (new JsonArray([.. page.Select(o => o.Value.Object.DeepClone())]), all.Count > limit ? page[^1].Key : null, _version);
        }
    }

    /// <summary>Null where what came after the version was forgotten.</summary>
    public Channel<WorldEvent>? Watch(string resource, long after)
    {
        lock (_gate)
        {
            if (after < _forgotten) return null;
            var channel = Channel.CreateUnbounded<WorldEvent>();
            foreach (var one in _log.Where(e => e.Version > after && e.Resource == resource)) channel.Writer.TryWrite(one);
            _watchers.Add((resource, channel));
            return channel;
        }
    }

    public void Leave(Channel<WorldEvent> channel)
    {
        lock (_gate) _watchers.RemoveAll(w => w.To == channel);
    }

    public int Watchers
    {
        get
        {
            lock (_gate) return _watchers.Count;
        }
    }

    /// <summary>What happened up to now can no longer be watched from.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _log.Clear();
            _forgotten = ++_version;
        }
    }

    private void Tell(WorldEvent told)
    {
        _log.Add(told);
        foreach (var (resource, to) in _watchers) if (resource == told.Resource) to.Writer.TryWrite(told);
    }

    private void Stamp(JsonObject thing) => thing["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);

    private static string KeyOf(string resource, JsonObject thing) =>
        thing["metadata"]!["namespace"] is { } space ? $"{resource}/{(string)space!}/{(string)thing["metadata"]!["name"]!}" : $"{resource}/{(string)thing["metadata"]!["name"]!}";
}
