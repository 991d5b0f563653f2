using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CredentialBroker.Cli.Login;

/// <summary>One question to an authorization server and its answer: either the document or the refusal.</summary>
internal sealed record OAuthReply<T>(T? Answer, OAuthRefusal? Refusal) where T : class;

/// <summary>Speaks to the issuer of operators' tokens: no redirects, no cookies, answers of at most 64 KiB within ten seconds.</summary>
internal sealed class AuthorizationServer(HttpClient http)
{
    public const int LargestAnswer = 64 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Finds its endpoints where RFC 8414 section 3 says, else where OpenID Connect Discovery does; it must name itself exactly so.</summary>
    public async Task<ServerMetadata> DiscoverAsync(Uri issuer, CancellationToken cancel)
    {
        var path = issuer.AbsolutePath.TrimEnd('/');
        var origin = issuer.GetLeftPart(UriPartial.Authority);
        foreach (var place in (string[])[$"{origin}/.well-known/oauth-authorization-server{path}", $"{origin}{path}/.well-known/openid-configuration"])
        {
            using var answer = await http.GetAsync(new Uri(place), cancel);
            if (answer.StatusCode == HttpStatusCode.NotFound) continue;
            if (answer.StatusCode != HttpStatusCode.OK) throw new HttpRequestException($"{place} answered {(int)answer.StatusCode}", null, answer.StatusCode);
            var found = await ReadAsync(answer, OAuthJson.Default.ServerMetadata, cancel);
            return found.Issuer == issuer.OriginalString ? found : throw CommandException.Fault($"{place} calls itself '{found.Issuer}', not '{issuer.OriginalString}'; name the issuer as it names itself");
        }

        throw CommandException.Fault($"{issuer.OriginalString} publishes no metadata under /.well-known/oauth-authorization-server or /.well-known/openid-configuration");
    }

    public async Task<OAuthReply<T>> PostAsync<T>(Uri endpoint, JsonTypeInfo<T> type, CancellationToken cancel, params IEnumerable<(string Name, string? Value)> form) where T : class
    {
        using var content = new FormUrlEncodedContent(form.Where(f => !string.IsNullOrWhiteSpace(f.Value)).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = content };
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await http.SendAsync(request, cancel);
        return answer.StatusCode switch
        {
            HttpStatusCode.OK => new OAuthReply<T>(await ReadAsync(answer, type, cancel), null),
            HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new OAuthReply<T>(null, await ReadAsync(answer, OAuthJson.Default.OAuthRefusal, cancel)),
            var other => throw new HttpRequestException($"{endpoint} answered {(int)other}", null, other),
        };
    }

    /// <summary>Says that a token is not needed any more (RFC 7009); false when that was not confirmed.</summary>
    public async Task<bool> RevokeAsync(Uri endpoint, string clientId, string refreshToken, CancellationToken cancel)
    {
        using var content = new FormUrlEncodedContent([new("token", refreshToken), new("token_type_hint", "refresh_token"), new("client_id", clientId)]);
        using var answer = await http.PostAsync(endpoint, content, cancel);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>An address of the server: https, or http on this machine, as for the issuer itself.</summary>
    public static Uri Address(string? text, string what) => Address(text) ?? throw CommandException.Fault($"{what} is '{text}', which is no https address");

    public static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { UserInfo: "", Fragment: "" } && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)) ? uri : null;

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(cancel), type) ?? throw new JsonException("null");
        }
        catch (JsonException fault)
        {
            throw CommandException.Fault($"{answer.RequestMessage?.RequestUri} answered with something that is no {typeof(T).Name}", fault);
        }
    }
}
