namespace CredentialBroker.Sidecar.Configuration;

/// <summary>Everything that is wrong with a configuration, each with the key it is about, so that all is told at once.</summary>
internal sealed class Mistakes
{
    private readonly List<string> _all;
    private readonly string _at;

    public Mistakes()
        : this([], "")
    {
    }

    private Mistakes(List<string> all, string at) => (_all, _at) = (all, at);

    public IReadOnlyList<string> All => _all;

    /// <summary>The same list, for the keys below one.</summary>
    public Mistakes Below(string key) => new(_all, _at.Length == 0 ? key : $"{_at}:{key}");

    public void Add(string key, string what) => _all.Add($"{(_at.Length == 0 ? key : $"{_at}:{key}")}: {what}");

    /// <summary>Adds the mistake where the condition does not hold.</summary>
    public void Demand(bool holds, string key, string what)
    {
        if (!holds) Add(key, what);
    }

    public void DemandName(string? value, string key) =>
        Demand(value is { Length: > 0 and <= 128 } && !value.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)), key, "say a name");

    public void DemandPath(string? value, string key) =>
        Demand(value is { Length: > 1 } && value[0] == '/' && !value.Any(char.IsControl) && !value.EndsWith('/'), key, "say a whole path, such as /run/credbroker/name");

    public void DemandLease(string? name, string key, IReadOnlyDictionary<string, LeaseOptions> leases) =>
        Demand(name is not null && leases.ContainsKey(name), key, $"name one of Leases: {string.Join(", ", leases.Keys)}");

    public void DemandListen(string? address, string key)
    {
        if (Hosting.ListenAddress.Read(address).Wrong is { } wrong) Add(key, wrong);
    }
}
