namespace CredentialBroker.WebConsole.Sessions;

/// <summary>The one cookie that says who is signed in. Other sites cannot have a browser send it, and no script can read it.</summary>
internal static class SessionCookie
{
    /// <summary>Bound to the host by browsers themselves, where there is TLS; on this machine without it there is no such name.</summary>
    public static string NameFor(HttpRequest request) => request.IsHttps ? "__Host-credbroker" : "credbroker";

    public static string? Of(HttpRequest request) => request.Cookies[NameFor(request)];

    public static void Set(HttpContext http, string name) => http.Response.Cookies.Append(NameFor(http.Request), name, Form(http.Request));

    public static void Clear(HttpContext http) => http.Response.Cookies.Delete(NameFor(http.Request), Form(http.Request));

    private static CookieOptions Form(HttpRequest request) => new()
    {
        HttpOnly = true, Secure = request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true,
    };
}
