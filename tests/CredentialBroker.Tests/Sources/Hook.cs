using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Tests.Sources;

/// <summary>One webhook, signed by hand as Standard Webhooks has it; a test changes one thing at a time.</summary>
internal sealed record Hook(string Source, string Body, string Id, long At, byte[] Secret)
{
    public string ContentType { get; init; } = "application/cloudevents+json";

    /// <summary>What is sent where it differs from what was signed.</summary>
    public string? SentBody { get; init; }

    public string? SentId { get; init; }

    public long? SentAt { get; init; }

    /// <summary>Makes the header of the signature.</summary>
    public Func<string, string> Shown { get; init; } = signature => $"v1,{signature}";

    public IReadOnlyList<string> Without { get; init; } = [];

    public IReadOnlyList<(string Name, string Value)> More { get; init; } = [];

    public string SignatureOf(byte[] secret) =>
        Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Id}.{At}.{Body}"))));

    public HttpContent Content()
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(SentBody ?? Body));
        content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        return content;
    }

    public (string Name, string Value)[] Headers()
    {
        (string Name, string Value)[] signed =
        [
            ("webhook-id", SentId ?? Id), ("webhook-timestamp", (SentAt ?? At).ToString(CultureInfo.InvariantCulture)), ("webhook-signature", Shown(SignatureOf(Secret))),
        ];
        return [.. signed.Where(h => !Without.Contains(h.Name)), .. More];
    }
}
