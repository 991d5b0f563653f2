using System.Net;
using System.Net.NetworkInformation;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>
/// Where a front end listens: an address of this machine's loopback interface. Metadata addresses such as 169.254.169.254
/// are among them where somebody put them on that interface, as inside a pod's own network namespace.
/// </summary>
internal static class ListenAddress
{
    /// <summary>The end point, or in a few words what is wrong.</summary>
    public static (IPEndPoint? At, string? Wrong) Read(string? text)
    {
        if (!IPEndPoint.TryParse(text ?? "", out var at) || text!.LastIndexOf(':') <= text.LastIndexOf(']') || !text.Contains(':', StringComparison.Ordinal)) return (null, "say address and port, such as 127.0.0.1:9911");
        return IPAddress.IsLoopback(at.Address) || IsOnLoopback(at.Address) ? (at, null) : (null, "must be loopback: whoever reaches it gets credentials");
    }

    private static bool IsOnLoopback(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
        .Any(network => network.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)));
}
