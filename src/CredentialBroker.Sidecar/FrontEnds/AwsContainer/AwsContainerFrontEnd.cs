using System.Net;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AwsContainer;

/// <summary>
/// The container credentials provider of AWS's SDKs. Answers from what is held: an SDK may ask at every call, as most do
/// while less than a quarter of an hour is left, and no further session is made by it.
/// </summary>
internal sealed class AwsContainerFrontEnd(AwsContainerOptions options, HeldLease lease) : HttpFrontEnd
{
    public const string Path = "/v1/credentials";

    private readonly LocalSecret _token = LocalSecret.In(options.TokenFile);

    public override string Name => "aws container credentials";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    /// <summary>What <c>AWS_CONTAINER_CREDENTIALS_FULL_URI</c> has to say.</summary>
    public string FullUri => Url + Path;

    public override Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value is not Path) return RefuseAsync(http, StatusCodes.Status404NotFound, "NotFound", "no such path");
        if (http.Request.Method != HttpMethods.Get) return RefuseAsync(http, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "only GET is answered");
        if (http.Request.Headers.Authorization is not [var shown] || !_token.Is(shown)) return RefuseAsync(http, StatusCodes.Status401Unauthorized, "AccessDenied", "the authorization token is missing or wrong");
        var answer = lease.Read((held, members) => !AwsKeys.AreIn(members)
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "WrongBackend", $"lease '{lease.Name}' is of backend {held.Lease.Backend}, not aws")
            : Answers.JsonAsync(http, StatusCodes.Status200OK, json => AwsKeys.Write(json, held, members, "Token")), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteString("code"u8, code);
        json.WriteString("message"u8, message);
    });
}
