namespace CredentialBroker.Sidecar.Configuration;

/// <summary>Where the broker is.</summary>
internal sealed class BrokerOptions
{
    /// <summary>The broker's address; plain http only for this machine. Else `CREDBROKER_ADDR`.</summary>
    public string? Address { get; set; }

    /// <summary>PEM file with the only certificate authorities to believe; without it the system's are. Else `CREDBROKER_CA_FILE`.</summary>
    public string? CaFile { get; set; }

    /// <summary>How long one answer may take; 1s to 60s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    public Uri? Url => Uri.TryCreate(Address, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" } ? url : null;

    public void Validate(Mistakes mistakes)
    {
        mistakes.Demand(Url is not null, nameof(Address), "say the broker's address, such as https://broker.example:8200");
        mistakes.Demand(Url is null or { Scheme: "https" } or { IsLoopback: true }, nameof(Address), "must be https: evidence and credentials would be read on the way");
        mistakes.Demand(CaFile is null || File.Exists(CaFile), nameof(CaFile), $"no file at '{CaFile}'");
        mistakes.Demand(Timeout >= TimeSpan.FromSeconds(1) && Timeout <= TimeSpan.FromSeconds(60), nameof(Timeout), "1s to 60s");
    }
}
