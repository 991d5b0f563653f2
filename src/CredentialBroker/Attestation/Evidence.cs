using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Attestation;

/// <summary>
/// What came with one request to prove who is asking. A bearer that came is what is judged, and the certificate is then
/// only the connection's; a certificate proves by itself where no bearer came. Never one to make up for the other.
/// </summary>
/// <param name="Bearer">The token, or null.</param>
/// <param name="Certificate">The client certificate whose key the connection was made with, or null.</param>
internal sealed record Evidence(string? Bearer, X509Certificate2? Certificate = null)
{
    /// <summary>What else the client sent of its chain, in no trusted order.</summary>
    internal IReadOnlyList<X509Certificate2> Chain { get; init; } = [];

    internal static Evidence OfBearer(string? bearer) => new(bearer);

    /// <summary>
    /// The bearer as the door read it, and what the TLS handshake left: never a header that says what a proxy saw. The
    /// framework's own feature keeps only the client's certificate; the rest of its chain is what the listener's validation
    /// callback put among the connection's features, as a collection.
    /// </summary>
    internal static Evidence Of(HttpContext http, string? bearer) => new(bearer, http.Features.Get<ITlsConnectionFeature>()?.ClientCertificate)
    {
        Chain = http.Features.Get<X509Certificate2Collection>() is { } sent ? [.. sent] : [],
    };

    /// <summary>Names what came and quotes none of it, because records end up in messages.</summary>
    public override string ToString() => $"evidence: {(Bearer is null ? "no bearer" : "bearer")}, {(Certificate is null ? "no certificate" : "certificate")}";
}
