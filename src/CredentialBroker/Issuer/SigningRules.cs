using System.Text.Json;

namespace CredentialBroker.Issuer;

/// <summary>
/// The last look at a token before it is signed, whoever wrote it: each issuer signs in its own name only, says once
/// what it says, and the workload issuer never for an audience of the federation issuer, nor the other way round.
/// </summary>
internal static class SigningRules
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <exception cref="SigningRefusedException">The ring does not sign this.</exception>
    public static void Demand(KeyRing ring, ReadOnlyMemory<byte> claims)
    {
        using var document = Parse(claims);
        var token = document.RootElement;
        var named = token.TryGetProperty("aud"u8, out var audience);
        if (ring.Purpose == KeyPurpose.Signals)
        {
            DemandSignal(ring, token, named ? audience : default);
            return;
        }

        if (!ring.Purpose.IssuesTokens)
        {
            if (named) throw new SigningRefusedException($"a key for {ring.Purpose.Word} signs nothing that has an audience");
            return;
        }

        if (Text(token, "iss"u8) != ring.Issuer) throw new SigningRefusedException("an issuer signs in its own name only");
        if (Text(token, "sub"u8) is null or "") throw new SigningRefusedException("a token says whom it is about");
        // More than one audience is more than one place that would take it for its own.
        if (!named || audience.ValueKind != JsonValueKind.String) throw new SigningRefusedException("a token is for one audience");
        var reserved = ring.Reserved.Include(audience.GetString()!);
        if (reserved && ring.Purpose == KeyPurpose.Workload) throw new SigningRefusedException("the audience is reserved for the broker's own federation");
        if (!reserved && ring.Purpose == KeyPurpose.Federation) throw new SigningRefusedException("the audience is none of the broker's own federation");
    }

    /// <summary>Told to one receiver, and of no use as a login: no <c>sub</c>, no <c>exp</c>, and no audience of the federation's.</summary>
    private static void DemandSignal(KeyRing ring, JsonElement token, JsonElement audience)
    {
        if (Text(token, "iss"u8) != ring.Issuer) throw new SigningRefusedException("an issuer signs in its own name only");
        if (audience.ValueKind != JsonValueKind.String) throw new SigningRefusedException("a signal is for one audience");
        if (ring.Reserved.Include(audience.GetString()!)) throw new SigningRefusedException("the audience is reserved for the broker's own federation");
        if (!token.TryGetProperty("events"u8, out _)) throw new SigningRefusedException("a signal tells an event");
        if (token.TryGetProperty("sub"u8, out _) || token.TryGetProperty("exp"u8, out _)) throw new SigningRefusedException("a signal must not look like a login");
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> claims)
    {
        try
        {
            return JsonDocument.Parse(claims, Strict);
        }
        catch (JsonException error)
        {
            throw new SigningRefusedException("a claim is written twice", error);
        }
    }

    private static string? Text(JsonElement token, ReadOnlySpan<byte> name) =>
        token.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A ring does not sign what it was asked to.</summary>
internal sealed class SigningRefusedException(string detail, Exception? inner = null) : InvalidOperationException(detail, inner);
