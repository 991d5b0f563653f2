using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.Kubeconfig;

/// <summary>A kubeconfig with a context for each lease: what `KUBECONFIG` points at. It holds no secret; whoever uses it runs `kubectl` of this program.</summary>
internal sealed class KubeconfigOptions
{
    /// <summary>The leases, of backend `kubernetes`; the first one's context is the current one.</summary>
    public List<string> Leases { get; set; } = [];

    /// <summary>The file.</summary>
    public string Path { get; set; } = "";

    /// <summary>How its readers start this program.</summary>
    public List<string> Command { get; set; } = ["credbroker-sidecar"];

    /// <summary>Where they find the running sidecar; absent where `CREDBROKER_SIDECAR_SOCKET` tells them.</summary>
    public string? Socket { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.Demand(Leases.Count > 0, nameof(Leases), "name at least one lease");
        foreach (var lease in Leases) mistakes.DemandLease(lease, nameof(Leases), leases);
        mistakes.DemandPath(Path, nameof(Path));
        mistakes.Demand(Command.Count > 0 && Command.All(word => word.Length > 0 && !word.Any(char.IsControl)), nameof(Command), "say the program, and each of its arguments");
        if (Socket is not null) mistakes.DemandPath(Socket, nameof(Socket));
    }
}
