using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>A part of a page that the operator's roles may not open, which leaves the rest of the page as it is.</summary>
public sealed record Part<T>(T? Value, BrokerException? Refusal) where T : class;

internal static class Part
{
    public static async Task<Part<T>> Of<T>(Task<T> asked) where T : class
    {
        try
        {
            return new Part<T>(await asked, null);
        }
        catch (BrokerException refusal) when (refusal.Status is not HttpStatusCode.Unauthorized)
        {
            return new Part<T>(null, refusal);
        }
    }
}
