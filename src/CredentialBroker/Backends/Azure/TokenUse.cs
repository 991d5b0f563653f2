using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>Shows a lease's token where the template's <c>probe</c> says, and looks at the answer's status only.</summary>
internal static class TokenUse
{
    public static async ValueTask<Probe> AtAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel)
    {
        if (grant.Probe is not { } probe) return Probe.NotPossible;
        using var request = new HttpRequestMessage(HttpMethod.Get, probe);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Part(secret, "token"));
        var answer = await azure.Anywhere.SendAsync(request, cancel);
        return answer.Status switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => Probe.Alive,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Probe.Dead,
            _ => throw AzureErrors.Of(answer, ReasonCodes.TargetUnavailable, "using the credential"),
        };
    }

    public static string Part(Secret secret, string name)
    {
        using var json = JsonDocument.Parse(secret.Reveal());
        return json.RootElement.GetProperty(name).GetString()!;
    }
}
