using System.Collections.Concurrent;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Gate;

namespace CredentialBroker.Node.Trust;

/// <summary>
/// Requests that the self-test sends, as the plugin sees them. Each names an image that cannot exist, so that letting it
/// through makes nothing; only this process knows its name.
/// </summary>
internal sealed class Probes(EngineClient engine)
{
    private readonly ConcurrentDictionary<string, int?> _open = new(StringComparer.Ordinal);

    /// <summary>From now on the request with this name in its address is a probe.</summary>
    public void Expect(string name) => _open[name] = null;

    /// <summary>How many bytes of its body the plugin was shown; null when it was not asked.</summary>
    public int? Seen(string name) => _open.TryRemove(name, out var seen) ? seen : null;

    /// <summary>Lets a probe through, having noted what of it is seen; null when the request is none.</summary>
    public Verdict? Sees(Call call)
    {
        if (call.Header(EngineClient.Mark) != engine.Secret || call.Verb != "POST") return null;
        var name = call.Uri.Split("name=")[^1];
        return _open.TryUpdate(name, call.Body?.Length ?? 0, null) ? new Verdict(true) : null;
    }
}
