using CredentialBroker.Approvals;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosts;

/// <summary>Section <c>Hosts</c>: container hosts whose nodes approve what runs there.</summary>
internal sealed record HostsOptions
{
    /// <summary>Each under the name of its approval source, which is also that of its workloads' source.</summary>
    public Dictionary<string, HostOptions> Sources { get; init; } = [];

    public IEnumerable<string> Validate(IReadOnlyDictionary<string, ApprovalSourceOptions> approvals) => Sources.SelectMany(one => one.Value.Validate($"Hosts:Sources:{one.Key}", approvals.GetValueOrDefault(one.Key)));
}

/// <summary>Section <c>Hosts:Sources:{name}</c>.</summary>
internal sealed record HostOptions
{
    /// <summary>After how long without a word from its node no approval of this host is accepted, 5 seconds to 10 minutes.</summary>
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Names of exceptions under which its node may go on using an engine that failed the self-test; each also has to be named there, with an end.</summary>
    public string[] Exceptions { get; init; } = [];

    public IEnumerable<string> Validate(string path, ApprovalSourceOptions? source)
    {
        if (SilentAfter < TimeSpan.FromSeconds(5) || SilentAfter > TimeSpan.FromMinutes(10)) yield return $"{path}:SilentAfter: outside 00:00:05 to 00:10:00";
        foreach (var name in Exceptions.Where(name => !Text.IsName(name))) yield return $"{path}:Exceptions: '{name}' is no exception's name";
        if (source is null) yield return $"{path}: there is no approval source of this name";
        else if (source is not ({ Format: Formats.Jws } or { Format: Formats.CloudEvents, Authentication: Formats.Mtls })) yield return $"{path}: its approval source is neither of the format jws nor of cloudevents with mtls";
        else if (source.Binding != "exact") yield return $"{path}: its approval source does not bind exactly";
    }
}
