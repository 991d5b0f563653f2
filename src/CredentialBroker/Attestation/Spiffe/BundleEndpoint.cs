using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Attestation;

/// <summary>
/// A bundle endpoint that shows an X.509-SVID of its own trust domain (SPIFFE Federation, profile <c>https_spiffe</c>):
/// its first answer is judged by a bundle from a file, each later one by the last good one. No host name and no public
/// authority counts.
/// </summary>
/// <param name="url">Where it is.</param>
/// <param name="options">Who it is.</param>
/// <param name="allowLoopback">Whether it may be on this machine.</param>
/// <param name="latest">The last good bundle, if there is one.</param>
/// <param name="clock">The time that counts.</param>
internal sealed class BundleEndpoint(Uri url, SpiffeSourceOptions options, bool allowLoopback, Func<KeySet?> latest, TimeProvider clock)
{
    private readonly KeyFile _first = new(options.FirstBundleFile!);
    private volatile KeySet? _judgedBy;

    internal async Task<byte[]> ReadAsync(CancellationToken cancel)
    {
        _judgedBy = latest() ?? SpiffeBundle.Parse(await _first.ReadAsync(cancel).ConfigureAwait(false));
        // A connection of its own each time: an older one was judged by an older bundle.
        using var http = KeyEndpoint.Client(allowLoopback, IsItself);
        return await new KeyEndpoint(url, http).ReadAsync(cancel).ConfigureAwait(false);
    }

    private bool IsItself(object sender, X509Certificate? shown, X509Chain? handshake, SslPolicyErrors errors) =>
        shown is X509Certificate2 leaf && _judgedBy is { } bundle
        && SvidForm.IdentityOf(leaf, SvidForm.ServerUse, out _) is { } id && id.ToString() == options.EndpointId
        && SvidChain.Refuse(leaf, handshake is null ? [] : [.. handshake.ChainPolicy.ExtraStore], bundle.Roots, id.TrustDomain, SvidForm.ServerUse, clock.GetUtcNow()) is null;
}
