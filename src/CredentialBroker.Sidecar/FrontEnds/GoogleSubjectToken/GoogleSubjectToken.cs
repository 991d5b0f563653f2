using System.Net;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.GoogleSubjectToken;

/// <summary>The subject token of Google's external accounts, at a URL, and the credential configuration that names it.</summary>
internal sealed class GoogleSubjectTokenOptions
{
    /// <summary>The lease, of backend `signed-token`, whose audience is the provider's.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Address and port on loopback.</summary>
    public string Listen { get; set; } = "127.0.0.1:9916";

    /// <summary>Where the credential configuration is written: what `GOOGLE_APPLICATION_CREDENTIALS` points at. It holds the header that callers must send.</summary>
    public string ConfigurationFile { get; set; } = "/run/credbroker/google.json";

    /// <summary>The provider: `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/R`.</summary>
    public string Provider { get; set; } = "";

    /// <summary>Where the token is exchanged.</summary>
    public string TokenUrl { get; set; } = "https://sts.googleapis.com/v1/token";

    /// <summary>A service account to be used as, by its email; absent uses the federated identity itself.</summary>
    public string? ServiceAccount { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandLease(Lease, nameof(Lease), leases);
        mistakes.DemandListen(Listen, nameof(Listen));
        mistakes.DemandPath(ConfigurationFile, nameof(ConfigurationFile));
        mistakes.Demand(Provider.StartsWith("//iam.googleapis.com/projects/", StringComparison.Ordinal), nameof(Provider), "say the provider, as //iam.googleapis.com/projects/…");
        mistakes.Demand(Uri.TryCreate(TokenUrl, UriKind.Absolute, out var url) && (url.Scheme == "https" || url.IsLoopback), nameof(TokenUrl), "must be https");
        if (ServiceAccount is not null) mistakes.DemandName(ServiceAccount, nameof(ServiceAccount));
    }
}

/// <summary>Each time Google's library asks, it is told the token of that moment; there is no file of it.</summary>
internal sealed class GoogleSubjectTokenFrontEnd(GoogleSubjectTokenOptions options, HeldLease lease) : HttpFrontEnd
{
    private const string Path = "/subject-token";
    private const string Header = "X-Credbroker-Caller";
    private readonly LocalSecret _secret = LocalSecret.Made();

    public override string Name => "google subject token";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    public override Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value is not Path || http.Request.Method != HttpMethods.Get) return RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path");
        if (http.Request.Headers[Header] is not [var shown] || !_secret.Is(shown)) return RefuseAsync(http, StatusCodes.Status401Unauthorized, "unauthorized", $"{Header} is missing or wrong");
        var answer = lease.Read((_, members) => !members.TryGetProperty("token"u8, out var token)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "wrong_backend", $"lease '{lease.Name}' holds no token")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json => json.WriteString("subject_token"u8, token.GetString())), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteString("error"u8, code);
        json.WriteString("error_description"u8, message);
    });

    public override void Listens() => PrivateFile.Write(options.ConfigurationFile, Answers.Json(json =>
    {
        json.WriteString("type"u8, "external_account"u8);
        json.WriteString("universe_domain"u8, "googleapis.com"u8);
        json.WriteString("audience"u8, options.Provider);
        json.WriteString("subject_token_type"u8, "urn:ietf:params:oauth:token-type:jwt"u8);
        json.WriteString("token_url"u8, options.TokenUrl);
        if (options.ServiceAccount is { } account) json.WriteString("service_account_impersonation_url"u8, $"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken");
        json.WriteStartObject("credential_source"u8);
        json.WriteString("url"u8, Url + Path);
        json.WriteStartObject("headers"u8);
        json.WriteString(Header, _secret.Text);
        json.WriteEndObject();
        json.WriteStartObject("format"u8);
        json.WriteString("type"u8, "json"u8);
        json.WriteString("subject_token_field_name"u8, "subject_token"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }));

    public override void Stopped() => PrivateFile.Remove(options.ConfigurationFile);
}
