using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.Local;

/// <summary>The sidecar's own HTTP endpoint on a unix socket, which its commands use too.</summary>
internal sealed class LocalOptions
{
    /// <summary>Path of the socket.</summary>
    public string Socket { get; set; } = "/run/credbroker/sidecar.sock";

    /// <summary>Ids of users beside the sidecar's own whose processes may ask.</summary>
    public List<uint> Users { get; set; } = [];

    public void Validate(Mistakes mistakes)
    {
        mistakes.DemandPath(Socket, nameof(Socket));
        mistakes.Demand(Socket.Length < 104, nameof(Socket), "the path of a socket has fewer than 104 characters");
    }
}
