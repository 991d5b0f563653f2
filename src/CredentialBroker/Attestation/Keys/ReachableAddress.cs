using System.Net;
using System.Net.Sockets;

namespace CredentialBroker.Attestation;

/// <summary>Which addresses keys are asked of: never a machine's own metadata service, however its address is spelled.</summary>
internal static class ReachableAddress
{
    private static readonly IPNetwork[] Refused =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("::/128"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
        // The metadata service of one large cloud, on IPv6: a unique local address, not a link-local one.
        IPNetwork.Parse("fd00:ec2::254/128"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    internal static bool Allows(IPAddress address, bool allowLoopback)
    {
        var plain = Unwrapped(address);
        return IPAddress.IsLoopback(plain) ? allowLoopback : !Refused.Any(network => network.Contains(plain));
    }

    /// <summary>Whether keys may be fetched from this URL: https without user and fragment; plain http and this machine only where loopback is allowed.</summary>
    internal static bool AllowsUrl(string text, bool allowLoopback) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Fragment: "" }
        && (allowLoopback || !uri.IsLoopback)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.IsLoopback && uri.Scheme == Uri.UriSchemeHttp))
        && (!IPAddress.TryParse(uri.DnsSafeHost, out var address) || Allows(address, allowLoopback));

    private static IPAddress Unwrapped(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        // Without its zone: fe80::1%eth0 is fe80::1.
        var octets = address.GetAddressBytes();
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : Nat64.Contains(new IPAddress(octets)) ? new IPAddress(octets.AsSpan(12, 4))
            : SixToFour.Contains(new IPAddress(octets)) ? new IPAddress(octets.AsSpan(2, 4))
            : new IPAddress(octets);
    }
}
