using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Hosting.Inside;

/// <summary>The broker's own pipeline, from its first middleware on; known once the host is built.</summary>
internal sealed class InsideDoor
{
    public RequestDelegate? Pipeline { get; set; }
}

/// <summary>
/// Carries the console's requests to the API through the same door as everybody's, without a socket: limits, access table and
/// handlers see the browser's address, so that what is good from this machine only is not made good from elsewhere.
/// </summary>
internal sealed class InsideHandler(InsideDoor door, IServiceScopeFactory scopes, IPAddress? from) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var pipeline = door.Pipeline ?? throw new InvalidOperationException("the host is not built yet");
        var answer = new InsideAnswer();
        var http = new DefaultHttpContext(await FeaturesAsync(request, answer, cancellationToken)) { ServiceScopeFactory = scopes };
        http.Connection.RemoteIpAddress = from;
        var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        http.RequestAborted = gone.Token;
        _ = RunAsync(pipeline, http, answer);
        await answer.Started.WaitAsync(cancellationToken);
        var response = new HttpResponseMessage((HttpStatusCode)answer.StatusCode) { RequestMessage = request, Content = new InsideBody(answer.Written, gone) };
        foreach (var (name, values) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) response.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        return response;
    }

    private static async Task RunAsync(RequestDelegate pipeline, HttpContext http, InsideAnswer answer)
    {
        // Off the caller's stack: the answer is read while it is written.
        await Task.Yield();
        try
        {
            await pipeline(http);
            await http.Response.CompleteAsync();
            await answer.CompleteAsync(null);
        }
        catch (Exception fault)
        {
            await answer.CompleteAsync(fault);
        }
    }

    private static async Task<FeatureCollection> FeaturesAsync(HttpRequestMessage request, InsideAnswer answer, CancellationToken cancel)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        foreach (var (name, values) in request.Headers.NonValidated) headers[name] = values.ToArray();
        foreach (var (name, values) in request.Content?.Headers.NonValidated ?? default) headers[name] = values.ToArray();
        var address = request.RequestUri!;
        headers.Host = address.Authority;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = request.Method.Method,
            Scheme = address.Scheme,
            Protocol = "HTTP/1.1",
            Path = PathOf(address),
            QueryString = address.Query,
            Headers = headers,
            Body = request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancel),
        });
        features.Set<IHttpResponseFeature>(answer);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        return features;
    }

    /// <summary>As the server decodes it: a slash within a segment stays encoded.</summary>
    private static string PathOf(Uri address) => string.Join('/', address.AbsolutePath.Split('/').Select(segment => Uri.UnescapeDataString(segment).Replace("/", "%2F", StringComparison.Ordinal)));

    /// <summary>The body; whoever lets go of it lets go of the request.</summary>
    private sealed class InsideBody(Stream body, CancellationTokenSource gone) : StreamContent(body)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                gone.Cancel();
                gone.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
