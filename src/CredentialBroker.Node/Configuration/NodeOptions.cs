namespace CredentialBroker.Node.Configuration;

/// <summary>The whole configuration of one container host's node.</summary>
internal sealed record NodeOptions
{
    /// <summary>This host's name: in workload URIs as `docker://{host}/{digest}`, and the name of its sources at the broker.</summary>
    public string Host { get; init; } = "";

    /// <summary>The `iss` of all that the node signs: an https address that names this host; nothing is ever fetched from it.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The environment that containers here run in.</summary>
    public string Environment { get; init; } = "";

    /// <summary>The broker.</summary>
    public BrokerOptions Broker { get; init; } = new();

    /// <summary>The container engine.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>The authorization plugin.</summary>
    public PluginOptions Plugin { get; init; } = new();

    /// <summary>Where containers get evidence of who they are.</summary>
    public AttestationOptions Attestation { get; init; } = new();

    /// <summary>What survives a restart.</summary>
    public StateOptions State { get; init; } = new();

    /// <summary>The key that the node signs with.</summary>
    public KeyOptions Keys { get; init; } = new();

    /// <summary>Who may do what at the engine, by class. Who is of no class may do nothing.</summary>
    public Dictionary<string, CallerOptions> Callers { get; init; } = [];

    /// <summary>Paths that no container sees, beside the usual ones such as `/etc` and the engine's socket.</summary>
    public string[] NeverExposed { get; init; } = [];

    public IReadOnlyList<string> Validate(TimeProvider clock)
    {
        var mistakes = new Mistakes();
        mistakes.Demand(Mistakes.IsLabel(Host), nameof(Host), "lower-case letters, digits and inner hyphens, at most 63");
        mistakes.Demand(Uri.TryCreate(Issuer, UriKind.Absolute, out var issuer) && issuer is { Scheme: "https", Query: "", Fragment: "", UserInfo: "" }, nameof(Issuer), "say an https address that names this host, such as https://host-1.nodes.example");
        mistakes.Demand(Mistakes.IsLabel(Environment), nameof(Environment), "lower-case letters, digits and inner hyphens, at most 63");
        Broker.Validate(mistakes.Below(nameof(Broker)));
        Engine.Validate(mistakes.Below(nameof(Engine)), clock);
        mistakes.DemandPath(Plugin.Socket, "Plugin:Socket");
        Attestation.Validate(mistakes.Below(nameof(Attestation)));
        State.Validate(mistakes.Below(nameof(State)));
        Keys.Validate(mistakes.Below(nameof(Keys)));
        mistakes.Demand(Callers.Count > 0, nameof(Callers), "name at least one class of callers");
        mistakes.Demand(Callers.Values.Count(one => one.Anonymous) <= 1, nameof(Callers), "at most one class is for anonymous callers");
        foreach (var (name, caller) in Callers)
        {
            var at = mistakes.Below(nameof(Callers));
            at.Demand(Mistakes.IsLabel(name), name, "lower-case letters, digits and inner hyphens, at most 63");
            caller.Validate(at.Below(name));
        }

        foreach (var doubled in Callers.Values.SelectMany(one => one.Names.Concat(one.Uris)).GroupBy(name => name).Where(same => same.Count() > 1)) mistakes.Add(nameof(Callers), $"'{doubled.Key}' is of more than one class");
        foreach (var path in NeverExposed) mistakes.DemandPath(path, nameof(NeverExposed));
        return mistakes.All;
    }
}

/// <summary>Section `Broker`.</summary>
internal sealed record BrokerOptions
{
    /// <summary>The broker's address; plain http only for this machine.</summary>
    public string Address { get; init; } = "";

    /// <summary>The `aud` of all that the node signs: this broker, as its trust sources know it.</summary>
    public string Audience { get; init; } = "";

    /// <summary>PEM file with the only authorities to believe; without it the system's are.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with the node's own client certificate, and what stands between it and its authority.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>How long the start of a container waits for the broker, 1 to 20 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the broker is told that this host is there, 1 to 60 seconds.</summary>
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(10);

    public Uri? Url => Uri.TryCreate(Address, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" } ? url : null;

    public void Validate(Mistakes mistakes)
    {
        mistakes.Demand(Url is not null, nameof(Address), "say the broker's address, such as https://broker.example:8200");
        mistakes.Demand(Url is null or { Scheme: "https" } or { IsLoopback: true }, nameof(Address), "must be https");
        mistakes.Demand(Audience is { Length: > 0 and <= 255 } && !Audience.Any(c => c is <= ' ' or > '~'), nameof(Audience), "say the audience that the broker's sources of this host have");
        foreach (var (name, file) in new[] { (nameof(CaFile), CaFile), (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile) }) mistakes.Demand(file is null || File.Exists(file), name, $"no file at '{file}'");
        mistakes.Demand(CertificateFile is null == KeyFile is null, nameof(KeyFile), "belongs to CertificateFile: name both or neither");
        mistakes.Demand(Timeout >= TimeSpan.FromSeconds(1) && Timeout <= TimeSpan.FromSeconds(20), nameof(Timeout), "outside 00:00:01 to 00:00:20");
        mistakes.Demand(Beat >= TimeSpan.FromSeconds(1) && Beat <= TimeSpan.FromSeconds(60), nameof(Beat), "outside 00:00:01 to 00:01:00");
    }
}
