using System.Text;
using System.Text.Json;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>How front ends write: exact content types, nothing cached on the way.</summary>
internal static class Answers
{
    /// <summary>Writes JSON. The content type is bare: SDKs in the field compare it to the letter.</summary>
    public static Task JsonAsync(HttpContext http, int status, Action<Utf8JsonWriter> write)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return response.CompleteAsync();
    }

    /// <summary>A document in bytes.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static Task TextAsync(HttpContext http, int status, string text, string type = "text/plain")
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.Headers.CacheControl = "no-store";
        var bytes = Encoding.UTF8.GetBytes(text);
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes).AsTask();
    }

    /// <summary>
    /// The status where nothing is held: a client that is told no stops at once, one that comes too early tries again.
    /// </summary>
    public static int StatusOf(Holding.Nothing nothing) => nothing.Waiting ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status403Forbidden;

    /// <summary>Why nothing is held, for people.</summary>
    public static string Why(HeldLease lease, Holding.Nothing nothing) => $"no credential of lease '{lease.Name}': {nothing.Detail} ({nothing.Code})";
}
