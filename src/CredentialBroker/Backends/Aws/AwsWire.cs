using System.Net.Http.Headers;
using System.Web;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using Amazon.SecurityToken;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Requests that the broker signs one by one: those of IAM, for which there is no client library here, and the harmless
/// one of a proof. The SDK's own signer signs; the wire is the one of every backend.
/// </summary>
internal sealed class AwsWire : IDisposable
{
    private const string Form = "application/x-www-form-urlencoded";
    private readonly TimeProvider _clock;
    private readonly Uri _iamAddress;
    private readonly string _iamRegion;
    private readonly Wire _iam;
    private readonly Wire _anywhere;

    public AwsWire(AwsTarget target, TimeProvider clock)
    {
        _clock = clock;
        _iamRegion = AwsArn.IamRegionOf(target.Region);
        _iamAddress = target.IamEndpoint ?? AwsEndpoints.Iam(target.Region);
        _iam = new Wire(AwsBackend.Word, new WireOptions(_iamAddress, target.RequestTimeout, target.RootCertificateFile));
        _anywhere = new Wire(AwsBackend.Word, new WireOptions(null, target.RequestTimeout, target.RootCertificateFile));
    }

    /// <summary>One call of IAM; what is inside its result.</summary>
    /// <exception cref="AwsRefusedException">IAM said no.</exception>
    /// <exception cref="BackendException">No answer, or none that says anything.</exception>
    public async ValueTask<XElement> IamAsync(AwsSession who, string action, IReadOnlyList<(string Name, string Value)> parameters, CancellationToken cancel)
    {
        var body = await new FormUrlEncodedContent([new("Action", action), new("Version", "2010-05-08"), .. parameters.Select(one => KeyValuePair.Create(one.Name, one.Value))]).ReadAsByteArrayAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, _iamAddress) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Form);
        var signed = new DefaultRequest(new Unnamed(), "iam") { HttpMethod = "POST", Endpoint = _iamAddress, ResourcePath = "/", Content = body };
        signed.Headers["Content-Type"] = Form;
        Sign(signed, request, who, "iam", _iamRegion);
        return AwsAnswer.Read(await _iam.SendAsync(request, cancel), action);
    }

    /// <summary>The request that a template names as proof.</summary>
    public async ValueTask<WireAnswer> GetAsync(AwsSession who, AwsProbe probe, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, probe.Url);
        var signed = new DefaultRequest(new Unnamed(), probe.Service)
        {
            HttpMethod = "GET", Endpoint = new Uri(probe.Url.GetLeftPart(UriPartial.Authority)), ResourcePath = Uri.UnescapeDataString(probe.Url.AbsolutePath), UseQueryString = true, Content = [],
            UseDoubleEncoding = probe.Service != "s3",
        };
        var query = HttpUtility.ParseQueryString(probe.Url.Query);
        foreach (var name in query.AllKeys)
        {
            // A name without a value is read as a value without a name.
            if (name is null) signed.Parameters[query[name]!] = "";
            else signed.Parameters[name] = query[name]!;
        }

        Sign(signed, request, who, probe.Service, probe.Region);
        return await _anywhere.SendAsync(request, cancel);
    }

    public void Dispose()
    {
        _iam.Dispose();
        _anywhere.Dispose();
    }

    private void Sign(DefaultRequest signed, HttpRequestMessage request, AwsSession who, string service, string region)
    {
        (signed.OverrideSigningServiceName, signed.AuthenticationRegion) = (service, region);
        if (who.Token is not null) signed.Headers["x-amz-security-token"] = who.Token;
        var config = new AmazonSecurityTokenServiceConfig { ServiceURL = signed.Endpoint.ToString(), AuthenticationRegion = region };
        var signature = new AWS4Signer().SignRequest(signed, config, new RequestMetrics(), who.KeyId, who.SecretKey, _clock.GetUtcNow().UtcDateTime);
        foreach (var (name, value) in signed.Headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase))) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
    }

    /// <summary>What the signer takes a request for; it looks at nothing in it.</summary>
    private sealed class Unnamed : AmazonWebServiceRequest;
}
