using System.Net;

namespace CredentialBroker.Hosting;

/// <summary>Section <c>Hosting</c>: where the broker listens.</summary>
internal sealed record HostingOptions
{
    /// <summary>Address to listen at. Plain http is for loopback only.</summary>
    public string Listen { get; init; } = "http://127.0.0.1:8200";

    /// <summary><c>dev</c> generates missing keys; <c>standard</c> and <c>regulated</c> demand them.</summary>
    public string Profile { get; init; } = "standard";

    /// <summary>Request bodies larger than this are refused before they are read, 16 KiB to 1 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 128 * 1024;

    public bool IsDevelopment => Profile == "dev";

    public IEnumerable<string> Validate()
    {
        if (!Uri.TryCreate(Listen, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) yield return $"Hosting:Listen: '{Listen}' is no http or https address";
        else if (uri.Scheme == "http" && !(IPAddress.TryParse(uri.Host, out var ip) && IPAddress.IsLoopback(ip))) yield return "Hosting:Listen: plain http is for loopback addresses only, such as http://127.0.0.1:8200";
        else if (uri.Scheme == "https") yield return "Hosting:Listen: this version serves http on loopback only; put it behind the workload's own sidecar";
        if (Profile is not ("dev" or "standard" or "regulated")) yield return $"Hosting:Profile: '{Profile}' is none of dev, standard, regulated";
        if (MaxBodyBytes is < 16 * 1024 or > 1024 * 1024) yield return "Hosting:MaxBodyBytes: outside 16384 to 1048576";
    }
}
