using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Attestation;

/// <summary>
/// STS as far as a signed GetCallerIdentity goes, and stricter: it takes one shape of request, computes the signature
/// itself (AWS Signature Version 4), and counts what it was asked.
/// </summary>
internal sealed class StsStandIn : IAsyncDisposable
{
    public const string KeyId = "ASIAQWERTYUIOPASDFGH";
    public const string SecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    public const string Audience = "credbroker/prod";
    public const string Arn = "arn:aws:sts::123456789012:assumed-role/checkout/i-0123456789abcdef0";

    private readonly WebApplication _server;
    private readonly FakeClock _clock;

    private StsStandIn(FakeClock clock)
    {
        _clock = clock;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    /// <summary>How often it was asked anything at all.</summary>
    public int Asked { get; private set; }

    /// <summary>Answers instead of the honest answer, when a test sets it.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public string Account { get; set; } = "123456789012";

    public string CallerArn { get; set; } = Arn;

    public string UserId { get; set; } = "AROAQWERTYUIOPASDFGH:i-0123456789abcdef0";

    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<StsStandIn> StartAsync(FakeClock clock)
    {
        var sts = new StsStandIn(clock);
        await sts._server.StartAsync();
        return sts;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    /// <summary>What an honest workload sends: a presigned URL, for this audience.</summary>
    public static string Url(FakeClock clock, string region = "eu-central-1", string keyId = KeyId, string audience = Audience, string secret = SecretKey)
    {
        var at = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var host = $"sts.{region}.amazonaws.com";
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Action"] = "GetCallerIdentity", ["Version"] = "2011-06-15", ["X-Amz-Algorithm"] = "AWS4-HMAC-SHA256",
            ["X-Amz-Credential"] = $"{keyId}/{at[..8]}/{region}/sts/aws4_request", ["X-Amz-Date"] = at, ["X-Amz-Expires"] = "60",
            ["X-Amz-Security-Token"] = "IQoJb3JpZ2luX2VjE+/A0==", ["X-Amz-SignedHeaders"] = "host;x-credbroker-audience",
        };
        var query = string.Join('&', parameters.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));
        return $"https://{host}/?{query}&X-Amz-Signature={Signature(query, host, audience, at, region, secret)}";
    }

    private static string Signature(string canonicalQuery, string host, string audience, string at, string region, string secret)
    {
        var canonical = $"GET\n/\n{canonicalQuery}\nhost:{host}\nx-credbroker-audience:{audience}\n\nhost;x-credbroker-audience\n{Hex(SHA256.HashData([]))}";
        var scope = $"{at[..8]}/{region}/sts/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{at}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (string[])[at[..8], region, "sts", "aws4_request", text]) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return Hex(key);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked++;
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        if (!Honours(context.Request))
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsJsonAsync(new { Error = new { Code = "SignatureDoesNotMatch" } });
            return;
        }

        await context.Response.WriteAsJsonAsync(new Dictionary<string, object>
        {
            ["GetCallerIdentityResponse"] = new Dictionary<string, object>
            {
                ["GetCallerIdentityResult"] = new { Account, Arn = CallerArn, UserId }, ["ResponseMetadata"] = new { RequestId = "1" },
            },
        }, new System.Text.Json.JsonSerializerOptions());
    }

    private bool Honours(HttpRequest request)
    {
        var query = request.Query.ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
        if (!query.Remove("X-Amz-Signature", out var signature) || request.Headers["x-credbroker-audience"] is not [{ } audience]) return false;
        var host = request.Host.Value!;
        var (at, region) = (query["X-Amz-Date"], query["X-Amz-Credential"].Split('/')[2]);
        var age = _clock.GetUtcNow() - DateTimeOffset.ParseExact(at, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var canonical = string.Join('&', query.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));
        return request is { Method: "GET", Path.Value: "/", ContentLength: null }
            && request.Headers.Accept == "application/json" && request.Headers.Authorization.Count == 0
            && host == $"sts.{region}.amazonaws.com" && age < TimeSpan.FromMinutes(15) && age > TimeSpan.FromMinutes(-15)
            && signature == Signature(canonical, host, audience, at, region, SecretKey);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
