namespace CredentialBroker.Backends.Azure;

/// <summary>
/// Reads each answer whole and bounded before the SDK sees it: its pipeline asks for headers only, so that neither the
/// client's limit nor its time-out would hold for the body.
/// </summary>
internal sealed class BoundedHandler(HttpMessageHandler inner, int bytes) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        try
        {
            await answer.Content.LoadIntoBufferAsync(bytes, cancellationToken);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
