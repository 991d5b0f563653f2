using Microsoft.AspNetCore.Antiforgery;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>Forms that only the console's own pages can send, and values of a bounded length.</summary>
internal static class Forms
{
    public const string Field = "form-token";

    /// <summary>As long as any text that the API takes in a form.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>The token that a page's forms carry.</summary>
    public static string TokenFor(HttpContext http) => http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(http).RequestToken!;

    /// <summary>Whether the form comes from a page that was made for this very sign-in.</summary>
    public static Task<bool> IsOursAsync(HttpContext http) => http.Request.HasFormContentType
        ? http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http)
        : Task.FromResult(false);

    /// <summary>A field's text without blanks around it; null when it is empty or absent.</summary>
    public static string? Text(this IFormCollection form, string name) => Clean(form[name].ToString());

    public static string? Text(this IQueryCollection query, string name) => Clean(query[name].ToString());

    private static string? Clean(string text) => text.Trim() is { Length: > 0 and <= Longest } clean ? clean : null;
}
