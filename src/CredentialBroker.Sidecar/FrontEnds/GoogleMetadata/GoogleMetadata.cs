using System.Net;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;

/// <summary>Google's metadata server: what `GCE_METADATA_HOST` points at. It has no secret: whatever runs in the same network namespace can ask.</summary>
internal sealed class GoogleMetadataOptions
{
    /// <summary>The lease, of backend `gcp`.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Address and port on loopback, or 169.254.169.254:80 where the loopback interface has it.</summary>
    public string Listen { get; set; } = "127.0.0.1:9915";

    /// <summary>The service account that is told.</summary>
    public string Email { get; set; } = "";

    /// <summary>The project that is told.</summary>
    public string Project { get; set; } = "";

    /// <summary>The project's number that is told; without it that path is not found.</summary>
    public string? ProjectNumber { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandLease(Lease, nameof(Lease), leases);
        mistakes.DemandListen(Listen, nameof(Listen));
        mistakes.DemandName(Email, nameof(Email));
        mistakes.DemandName(Project, nameof(Project));
    }
}

/// <summary>As much of the metadata server as Google's libraries ask for to get a token.</summary>
internal sealed class GoogleMetadataFrontEnd(GoogleMetadataOptions options, HeldLease lease, TimeProvider clock) : HttpFrontEnd
{
    private const string Flavor = "Metadata-Flavor";
    private const string Everything = "https://www.googleapis.com/auth/cloud-platform";
    private const string Accounts = "/computeMetadata/v1/instance/service-accounts/";

    public override string Name => "google metadata";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    public override IReadOnlyList<string> Hosts => ["169.254.169.254", "metadata.google.internal", "metadata"];

    /// <summary>What <c>GCE_METADATA_HOST</c> has to say.</summary>
    public string Host => $"{Listen.Address}:{Port}";

    public override Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers[Flavor] = "Google";
        if (http.Request.Headers[Flavor] is not ["Google"]) return RefuseAsync(http, StatusCodes.Status403Forbidden, "forbidden", "the header Metadata-Flavor: Google is missing");
        if (http.Request.Method != HttpMethods.Get) return RefuseAsync(http, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "only GET is answered");
        var path = http.Request.Path.Value ?? "";
        if (path.StartsWith(Accounts, StringComparison.Ordinal)) return AccountAsync(http, path[Accounts.Length..]);
        return path switch
        {
            "/" or "/computeMetadata/v1" or "/computeMetadata/v1/" => Answers.TextAsync(http, StatusCodes.Status200OK, "computeMetadata/\n"),
            // Where Google's library for JavaScript looks whether there is a metadata server at all.
            "/computeMetadata/v1/instance" or "/computeMetadata/v1/instance/" => Answers.TextAsync(http, StatusCodes.Status200OK, "service-accounts/\n"),
            "/computeMetadata/v1/project/project-id" => Answers.TextAsync(http, StatusCodes.Status200OK, options.Project),
            "/computeMetadata/v1/project/numeric-project-id" when options.ProjectNumber is { } number => Answers.TextAsync(http, StatusCodes.Status200OK, number),
            _ => RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path"),
        };
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.Headers[Flavor] = "Google";
        return Answers.JsonAsync(http, status, json =>
        {
            json.WriteString("error"u8, code);
            json.WriteString("error_description"u8, message);
        });
    }

    private Task AccountAsync(HttpContext http, string rest)
    {
        if (rest.Length == 0) return Answers.TextAsync(http, StatusCodes.Status200OK, $"default/\n{options.Email}/\n");
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (account, what) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        if (account != "default" && account != options.Email) return RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such service account");
        return what switch
        {
            "token" => TokenAsync(http),
            "email" => Answers.TextAsync(http, StatusCodes.Status200OK, options.Email),
            "scopes" => Answers.TextAsync(http, StatusCodes.Status200OK, Everything + "\n"),
            "" when http.Request.Query["recursive"] is ["true" or "True"] => Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
            {
                json.WriteStartArray("aliases"u8);
                json.WriteStringValue("default"u8);
                json.WriteEndArray();
                json.WriteString("email"u8, options.Email);
                json.WriteStartArray("scopes"u8);
                json.WriteStringValue(Everything);
                json.WriteEndArray();
            }),
            "" => Answers.TextAsync(http, StatusCodes.Status200OK, "aliases\nemail\nscopes\ntoken\n"),
            _ => RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path"),
        };
    }

    private Task TokenAsync(HttpContext http)
    {
        var answer = lease.Read((held, members) => !members.TryGetProperty("token"u8, out var token)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "wrong_backend", $"lease '{lease.Name}' holds no token")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
            {
                json.WriteString("access_token"u8, token.GetString());
                json.WriteNumber("expires_in"u8, (long)(held.ExpiresAt - clock.GetUtcNow()).TotalSeconds);
                json.WriteString("token_type"u8, "Bearer"u8);
            }), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }
}
