using System.Net;
using Amazon.Runtime;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Aws;

/// <summary>The wire that the SDK's client of STS speaks over: no redirects, no proxy, bounded answers of XML, one at a time.</summary>
internal sealed class StsHttp(WireOptions options) : HttpClientFactory, IDisposable
{
    private readonly HttpClient _http = new(new Bounded(options)) { Timeout = options.Timeout };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _http;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _http.Dispose();

    private sealed class Bounded(WireOptions options) : DelegatingHandler(Wire.HandlerOf(options))
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            var answer = await base.SendAsync(request, cancel);
            try
            {
                if ((int)answer.StatusCode is >= 300 and < 400) throw new HttpRequestException("a redirect, which is not followed");
                await answer.Content.LoadIntoBufferAsync(options.AnswerBytes, cancel);
                var body = await answer.Content.ReadAsByteArrayAsync(cancel);
                if (answer.StatusCode == HttpStatusCode.OK && AwsAnswer.Parse(body) is null) throw new HttpRequestException("the answer is no strict XML");
                return answer;
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
    }
}
