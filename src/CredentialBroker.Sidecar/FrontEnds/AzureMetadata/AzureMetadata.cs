using System.Globalization;
using System.Net;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.FrontEnds.AzureAppService;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AzureMetadata;

/// <summary>Azure's instance metadata service. Prefer the App Service endpoint: this one has no secret, and no way to say that a token was refused.</summary>
internal sealed class AzureMetadataOptions
{
    /// <summary>The lease, of backend `azure`, for each resource that may be asked for.</summary>
    public Dictionary<string, string> Resources { get; set; } = [];

    /// <summary>Address and port on loopback, or 169.254.169.254:80 where the loopback interface has it.</summary>
    public string Listen { get; set; } = "127.0.0.1:9914";

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        AzureResources.Validate(mistakes, nameof(Resources), Resources, leases);
        mistakes.DemandListen(Listen, nameof(Listen));
    }
}

/// <summary>Tokens as the instance metadata service gives them, version 2018-02-01.</summary>
internal sealed class AzureMetadataFrontEnd(AzureMetadataOptions options, IReadOnlyDictionary<string, HeldLease> leases, TimeProvider clock) : HttpFrontEnd
{
    private const string Version = "2018-02-01";
    private readonly AzureResources _resources = new(options.Resources.ToDictionary(r => r.Key, r => leases[r.Value], StringComparer.OrdinalIgnoreCase));

    public override string Name => "azure instance metadata";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    public override IReadOnlyList<string> Hosts => ["169.254.169.254"];

    public override Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value is not "/metadata/identity/oauth2/token" || http.Request.Method != HttpMethods.Get) return RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path");
        // SDKs probe without the header, and take exactly this status for: it is here.
        if (http.Request.Headers["Metadata"] is not ["true"]) return RefuseAsync(http, StatusCodes.Status400BadRequest, "invalid_request", "the header Metadata: true is missing");
        var (lease, wrong) = _resources.Find(http, Version);
        if (lease is null) return RefuseAsync(http, wrong.Status, wrong.Code, wrong.Message);
        var resource = http.Request.Query["resource"].ToString();
        var answer = lease.Read((held, members) => !AzureResources.IsToken(members)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "wrong_backend", $"lease '{lease.Name}' holds no token")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
            {
                AzureResources.Write(json, held, members, resource);
                var left = ((long)(held.ExpiresAt - clock.GetUtcNow()).TotalSeconds).ToString(CultureInfo.InvariantCulture);
                json.WriteString("expires_in"u8, left);
                json.WriteString("ext_expires_in"u8, left);
                json.WriteString("not_before"u8, held.ObtainedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            }), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteString("error"u8, code);
        json.WriteString("error_description"u8, message);
    });
}
