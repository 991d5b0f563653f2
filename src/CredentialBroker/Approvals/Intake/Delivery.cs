using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Approvals.Intake;

/// <summary>One message as it came, before anything in it is believed.</summary>
/// <param name="Certificate">The client certificate of its connection, whose key the sender proved to hold.</param>
internal sealed record Delivery(string? ContentType, IHeaderDictionary Headers, ReadOnlyMemory<byte> Body, X509Certificate2? Certificate = null)
{
    /// <summary>The media type without parameters, in lower case; empty when none was sent.</summary>
    public string MediaType => (ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
}
