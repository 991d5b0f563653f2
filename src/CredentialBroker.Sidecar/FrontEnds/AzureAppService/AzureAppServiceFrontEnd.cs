using System.Net;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AzureAppService;

/// <summary>
/// The dialect of App Service, version 2019-08-01. Through it a client may say that the resource refused a token: that one
/// is not handed out to it again, and a new one is asked for.
/// </summary>
internal sealed class AzureAppServiceFrontEnd(AzureAppServiceOptions options, IReadOnlyDictionary<string, HeldLease> leases, TimeProvider clock) : HttpFrontEnd
{
    public const string Version = "2019-08-01";
    private const string Path = "/msi/token";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LocalSecret _header = LocalSecret.In(options.HeaderFile);
    private readonly AzureResources _resources = new(options.Resources.ToDictionary(r => r.Key, r => leases[r.Value], StringComparer.OrdinalIgnoreCase));

    public override string Name => "azure app service";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    /// <summary>What <c>IDENTITY_ENDPOINT</c> has to say.</summary>
    public string Endpoint => Url + Path;

    /// <summary>What <c>IDENTITY_HEADER</c> has to say.</summary>
    public LocalSecret Header => _header;

    public override async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value is not Path || http.Request.Method != HttpMethods.Get)
        {
            await RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path");
            return;
        }

        if (http.Request.Headers["X-IDENTITY-HEADER"] is not [var shown] || !_header.Is(shown))
        {
            await RefuseAsync(http, StatusCodes.Status401Unauthorized, "unauthorized", "X-IDENTITY-HEADER is missing or wrong");
            return;
        }

        var (lease, wrong) = _resources.Find(http, Version);
        if (lease is null) await RefuseAsync(http, wrong.Status, wrong.Code, wrong.Message);
        else if (http.Request.Query["token_sha256_to_refresh"] is [{ Length: > 0 } rejected] && !await IsAnotherAsync(lease, rejected, http.RequestAborted)) await RefuseAsync(http, StatusCodes.Status500InternalServerError, "refused_token", "the resource refused this token, and no other was issued yet");
        else await TokenAsync(http, lease);
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteNumber("statusCode"u8, status);
        json.WriteString("message"u8, $"{message} ({code})");
    });

    private Task TokenAsync(HttpContext http, HeldLease lease)
    {
        var resource = http.Request.Query["resource"].ToString();
        var answer = lease.Read((held, members) => !AzureResources.IsToken(members)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "wrong_backend", $"lease '{lease.Name}' holds no token")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json => AzureResources.Write(json, held, members, resource)), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    /// <summary>Whether another token than the one that was refused is held, after asking for one where it is not.</summary>
    private async Task<bool> IsAnotherAsync(HeldLease lease, string rejected, CancellationToken cancel)
    {
        for (var until = clock.GetUtcNow() + Patience; ; await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel))
        {
            var hash = lease.Read((_, members) => members.TryGetProperty("token"u8, out var token) ? Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token.GetString()!))) : null, out _);
            if (!rejected.Equals(hash, StringComparison.OrdinalIgnoreCase)) return true;
            lease.AskForAnother();
            if (clock.GetUtcNow() >= until) return false;
        }
    }
}
