using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Hosting;

/// <summary>Reads request bodies whole, bounded, and strictly.</summary>
internal static class Bodies
{
    /// <summary>Lets one request be larger than <c>Hosting:MaxBodyBytes</c>: its sender was proven, and may send more than anybody else may.</summary>
    public static void Allow(HttpContext http, int limit)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = limit;
    }

    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancel)
    {
        if (request.ContentLength > limit) throw new BadHttpRequestException("the body is too large", 413);
        while (true)
        {
            // What came so far stays in the server's own buffers until it is whole.
            var read = await request.BodyReader.ReadAsync(cancel);
            if (read.Buffer.Length > limit)
            {
                // Given back, or the server could not read on to the end of the request.
                request.BodyReader.AdvanceTo(read.Buffer.End);
                throw new BadHttpRequestException("the body is too large", 413);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <exception cref="BadHttpRequestException">The body is not the JSON this route takes; the message names the place.</exception>
    public static T Parse<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new BadHttpRequestException("the body is null");
        }
        catch (JsonException error)
        {
            // The library's message may quote the body, and so does a place that names an unknown member.
            throw new BadHttpRequestException($"the body is not the JSON that this route takes (at {Known(error.Path, type)}, line {error.LineNumber + 1}, byte {error.BytePositionInLine})", error);
        }
    }

    /// <summary>As much of a place as is made of the protocol's own names.</summary>
    private static string Known(string? path, JsonTypeInfo type)
    {
        var known = new StringBuilder("$");
        foreach (var step in (path ?? "$").Split('.').Skip(1))
        {
            var name = step.Split('[')[0];
            if (type.Properties.FirstOrDefault(p => p.Name == name) is not { } property) break;
            known.Append('.').Append(name);
            type = type.Options.GetTypeInfo(property.PropertyType);
            if (type.ElementType is { } element) type = type.Options.GetTypeInfo(element);
        }

        return known.ToString();
    }

    /// <summary>Refuses another content type before anything is parsed.</summary>
    public static void Require(HttpRequest request, params ReadOnlySpan<string> types)
    {
        var sent = request.ContentType?.Split(';')[0].Trim();
        foreach (var type in types)
        {
            if (string.Equals(sent, type, StringComparison.OrdinalIgnoreCase)) return;
        }

        throw new BadHttpRequestException($"send Content-Type: {types[0]}");
    }
}
