using System.Globalization;
using System.Net;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AwsMetadata;

/// <summary>As much of the instance metadata service as SDKs ask for: a session token, the role's name, its credentials, the region.</summary>
internal sealed class AwsMetadataFrontEnd(AwsMetadataOptions options, HeldLease lease, TimeProvider clock) : HttpFrontEnd
{
    private const string TtlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const string Credentials = "/latest/meta-data/iam/security-credentials";
    private const int LongestTtl = 21600;

    private readonly SessionTokens _tokens = new(clock);

    public override string Name => "aws instance metadata";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    public override IReadOnlyList<string> Hosts => ["169.254.169.254"];

    private string Role => options.Role ?? lease.Name;

    public override Task AnswerAsync(HttpContext http)
    {
        var (method, path) = (http.Request.Method, http.Request.Path.Value ?? "");
        if (path == "/latest/api/token") return TokenAsync(http, method);
        if (method != HttpMethods.Get) return RefuseAsync(http, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "only GET is answered");
        if (http.Request.Headers[TokenHeader] is not [var token] || !_tokens.IsGood(token)) return RefuseAsync(http, StatusCodes.Status401Unauthorized, "Unauthorized", "ask for a token first");
        return path switch
        {
            Credentials or Credentials + "/" => Answers.TextAsync(http, StatusCodes.Status200OK, Role),
            _ when path == $"{Credentials}/{Role}" => CredentialsAsync(http),
            "/latest/meta-data/placement/region" => RegionAsync(http, (to, region) => Answers.TextAsync(to, StatusCodes.Status200OK, region)),
            "/latest/dynamic/instance-identity/document" => RegionAsync(http, (to, region) => Answers.JsonAsync(to, StatusCodes.Status200OK, json => json.WriteString("region"u8, region))),
            _ => RefuseAsync(http, StatusCodes.Status404NotFound, "NotFound", "no such path"),
        };
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteString("Code"u8, code);
        json.WriteString("Message"u8, message);
        json.WriteString("LastUpdated"u8, AwsKeys.Time(clock.GetUtcNow()));
    });

    private Task TokenAsync(HttpContext http, string method)
    {
        if (method != HttpMethods.Put) return RefuseAsync(http, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "a token is asked for with PUT");
        if (http.Request.Headers[TtlHeader] is not [var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > LongestTtl)
        {
            return RefuseAsync(http, StatusCodes.Status400BadRequest, "BadRequest", $"{TtlHeader} is a number from 1 to {LongestTtl}");
        }

        http.Response.Headers[TtlHeader] = text;
        return Answers.TextAsync(http, StatusCodes.Status200OK, _tokens.Make(seconds));
    }

    private Task CredentialsAsync(HttpContext http)
    {
        var answer = lease.Read((held, members) => !AwsKeys.AreIn(members)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "WrongBackend", $"lease '{lease.Name}' is of backend {held.Lease.Backend}, not aws")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
            {
                json.WriteString("Code"u8, "Success"u8);
                json.WriteString("LastUpdated"u8, AwsKeys.Time(held.ObtainedAt));
                json.WriteString("Type"u8, "AWS-HMAC"u8);
                AwsKeys.Write(json, held, members, "Token");
            }), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    private Task RegionAsync(HttpContext http, Func<HttpContext, string, Task> tell)
    {
        var answer = lease.Read((_, members) => members.TryGetProperty("region"u8, out var region) ? tell(http, region.GetString()!) : RefuseAsync(http, StatusCodes.Status404NotFound, "NotFound", "no region is known"), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }
}
