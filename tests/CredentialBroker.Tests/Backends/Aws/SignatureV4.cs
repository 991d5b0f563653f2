using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Backends.Aws;

/// <summary>AWS Signature Version 4 as documented, computed with .NET's own HMAC and none of the SDK.</summary>
internal static class SignatureV4
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(15);

    public static StandInCaller Verify(HttpRequest request, byte[] body, StandInAccount account, string service, string region)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("AWS4-HMAC-SHA256 ", StringComparison.Ordinal)) throw new StandInRefusal(403, "MissingAuthenticationToken");
        var parts = header["AWS4-HMAC-SHA256 ".Length..].Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);
        var scope = parts["Credential"].Split('/');
        if (scope.Length != 5 || scope[2] != region || scope[3] != service || scope[4] != "aws4_request") throw new StandInRefusal(403, "SignatureDoesNotMatch", "scope");
        var signed = parts["SignedHeaders"].Split(';');
        var date = request.Headers["X-Amz-Date"].ToString();
        if (!signed.Contains("host") || !signed.Contains("x-amz-date") || !date.StartsWith(scope[1], StringComparison.Ordinal)) throw new StandInRefusal(403, "SignatureDoesNotMatch", "headers");
        var at = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((account.Now - at).Duration() > Tolerance) throw new StandInRefusal(403, "SignatureDoesNotMatch", "date");
        var token = request.Headers["X-Amz-Security-Token"].ToString();
        if (token.Length > 0 && !signed.Contains("x-amz-security-token")) throw new StandInRefusal(403, "SignatureDoesNotMatch", "token");
        var hash = Hex(SHA256.HashData(body));
        var claimed = request.Headers["X-Amz-Content-SHA256"].ToString();
        if ((claimed.Length > 0 && claimed != hash) || (service == "s3" && claimed.Length == 0)) throw new StandInRefusal(400, "XAmzContentSHA256Mismatch");
        var secret = account.Locked(() => account.SecretOf(scope[0], token)) ?? throw new StandInRefusal(403, service == "s3" ? "InvalidAccessKeyId" : "InvalidClientTokenId");
        var canonical = string.Join('\n',
        [
            request.Method, Path(request), Query(request), .. signed.Select(name => $"{name}:{Collapsed(name == "host" ? request.Host.Value! : request.Headers[name].ToString())}"), "",
            string.Join(';', signed), hash,
        ]);
        var text = $"AWS4-HMAC-SHA256\n{date}\n{string.Join('/', scope[1..])}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (string[])[scope[1], region, service, "aws4_request"]) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        if (Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))) != parts["Signature"]) throw new StandInRefusal(403, "SignatureDoesNotMatch", canonical);
        return account.Locked(() => account.CallerOf(scope[0])) ?? throw new StandInRefusal(service == "s3" ? 400 : 403, "ExpiredToken");
    }

    private static string Path(HttpRequest request) => request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];

    private static string Query(HttpRequest request) => string.Join('&', request.Query
        .SelectMany(pair => pair.Value.Select(value => (Name: Uri.EscapeDataString(pair.Key), Value: Uri.EscapeDataString(value ?? ""))))
        .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal).Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Collapsed(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
