using System.Globalization;
using System.Net.Http.Headers;
using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>
/// The body that the engine showed, if it is whole. Engines have passed on bodies that they did not show: those of no or of
/// unknown length (CVE-2024-41110) and those above a limit (CVE-2026-34040). What is not shown is not allowed.
/// </summary>
internal static class Bodies
{
    public const int Largest = 4 * 1024 * 1024;

    public static Value.Members Read(Call call)
    {
        if (call.Header("Content-Type") is not { } type || !MediaTypeHeaderValue.TryParse(type, out var media) || media.MediaType?.Equals("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new UnreadableException(Refusals.ContentType, "the body is not said to be application/json");
        }

        if (call.Body is not { Length: > 0 } body) throw new UnreadableException(Refusals.Empty, "the request needs a body, and none was shown");
        if (body.Length > Largest) throw new UnreadableException(Refusals.TooLarge, "the body is longer than 4 MiB");
        DemandLength(call, body.Length);
        return BodyReader.Read(body);
    }

    /// <summary>Routes whose effect is in the address alone: an empty object is as good as nothing.</summary>
    public static void DemandNone(Call call)
    {
        var body = call.Body ?? [];
        DemandLength(call, body.Length);
        if (call.Header("Transfer-Encoding") is not null) throw new UnreadableException(Refusals.Truncated, "the request has a body of unknown length");
        if (body.Length > 0 && !body.AsSpan().Trim(" \t\r\n"u8).SequenceEqual("{}"u8) && !body.AsSpan().Trim(" \t\r\n"u8).SequenceEqual("null"u8)) throw new UnreadableException(Refusals.Json, "no body belongs to this request");
    }

    private static void DemandLength(Call call, int shown)
    {
        if (call.Header("Content-Length") is not { } said) return;
        if (!int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length != shown) throw new UnreadableException(Refusals.Truncated, "the body that was shown is not as long as its caller said");
    }
}
