using CredentialBroker.Node.Configuration;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Trust;

/// <summary>Whether the engine is known to show its plugin what it does. Until that was seen, it is not trusted.</summary>
internal sealed class HostTrust(EngineOptions options, TimeProvider clock)
{
    /// <param name="IsMeasured">Whether the engine was tested; an exception covers what was found, not what is unknown.</param>
    private sealed record Finding(string Version, string? Reason, bool IsMeasured);

    private Finding _found = new("", "the engine was not tested yet", IsMeasured: false);

    public void Found(string version, string? reason) => Volatile.Write(ref _found, new Finding(version, reason, IsMeasured: true));

    public void Lost() => Volatile.Write(ref _found, new Finding(_found.Version, "the engine cannot be asked", IsMeasured: false));

    public EngineStanding Standing
    {
        get
        {
            var found = Volatile.Read(ref _found);
            if (found.Reason is null) return new EngineStanding(found.Version, "trusted");
            return found.IsMeasured && options.Exception is { } exception && exception.Until > clock.GetUtcNow()
                ? new EngineStanding(found.Version, "excepted", found.Reason, exception.Name, exception.Until)
                : new EngineStanding(found.Version, "untrusted", found.Reason);
        }
    }

    /// <exception cref="RefusedException">Nothing is approved on this host.</exception>
    public void Demand()
    {
        if (Standing is { Trust: "untrusted", Reason: var reason }) throw new RefusedException(Refusals.Untrusted, $"nothing is approved on this host: {reason}");
    }
}
