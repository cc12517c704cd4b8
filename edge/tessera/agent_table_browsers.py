"""How browsers and robots name themselves in a User-Agent. Written by scripts/agent_tables.py.

From uap-core's regexes.yaml as in ua-parser-builtins 202610; copyright its authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
"""

ROWS = r'''geoevent serve		(GeoEvent Server) (\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)
arcgis pro		(ArcGIS Pro)(?: (\d{1,100})\.(\d{1,100})\.([^ ]{1,100})|)
arcgis client 		ArcGIS Client Using WinInet	ArcMap
operationsdash		(OperationsDashboard)-(?:Windows)-(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Operations Dashboard for ArcGIS
arcgisearth/		(arcgisearth)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	ArcGIS Earth
earth		com.esri.(earth).phone/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	ArcGIS Earth
arcgis-explore		(arcgis-explorer)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Explorer for ArcGIS
arcgis-aurora/¦arcgis-collect		arcgis-(collector|aurora)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Collector for ArcGIS
arcgis-workfor		(arcgis-workforce)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Workforce for ArcGIS
collector-andr¦collector-ios-¦explorer-andro¦explorer-ios-¦workforce-andr¦workforce-ios-		(Collector|Explorer|Workforce)-(?:Android|iOS)-(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	$1 for ArcGIS
collector/¦explorer/		(Explorer|Collector)/(\d{1,100}) CFNetwork	$1 for ArcGIS
arcgisruntime-		ArcGISRuntime-(Android|iOS|NET|Qt)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	ArcGIS Runtime SDK for $1
arcgis.android¦arcgis.ios-¦arcgis.ios.¦arcgis.net-¦arcgis.net.¦arcgis.qt-¦arcgis.qt.¦arcgisandroid-¦arcgisandroid.¦arcgisios-¦arcgisios.¦arcgisnet-¦arcgisnet.¦arcgisqt-¦arcgisqt.		ArcGIS\.?(iOS|Android|NET|Qt)(?:-|\.)(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	ArcGIS Runtime SDK for $1
arcgis.runtime		ArcGIS\.Runtime\.(Qt)\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	ArcGIS Runtime SDK for $1
luminary		^(Luminary)[Stage]{1,100}/(\d{1,100}) CFNetwork
espn		(ESPN)[%20| ]{1,100}Radio/(\d{1,100})\.(\d{1,100})\.(\d{1,100}) CFNetwork
antenna/		(Antenna)/(\d{1,100}) CFNetwork	AntennaPod
toppodcastspro		(TopPodcasts)Pro/(\d{1,100}) CFNetwork
musicdownloade		(MusicDownloader)Lite/(\d{1,100})\.(\d{1,100})\.(\d{1,100}) CFNetwork
-ipad/		^(.{0,200})-iPad\/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|) CFNetwork
-iphone/		^(.{0,200})-iPhone/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|) CFNetwork
cfnetwork		^(.{0,200})/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|) CFNetwork
luminary/		^(Luminary)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
espn.go		(espn\.go)	ESPN
espnradio.com		(espnradio\.com)	ESPN
espn app		ESPN APP$	ESPN
audioboom.com		(audioboom\.com)	AudioBoom
rivo rhythm		 (Rivo) RHYTHM
cfnetwork		(CFNetwork)(?:/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|)	CFNetwork
pingdom.com_bo		(Pingdom\.com_bot_version_)(\d{1,100})\.(\d{1,100})	PingdomBot
pingdomtms/		(PingdomTMS)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	PingdomBot
pingdompagespe		(PingdomPageSpeed)/(\d{1,100})\.(\d{1,100})	PingdomBot
ptst/		 (PTST)/(\d{1,100})(?:\.(\d{1,100})|)$	WebPageTest.org bot
x11; datanyze;		X11; (Datanyze); Linux
newrelicpinger		(NewRelicPinger)/(\d{1,100})\.(\d{1,100})	NewRelicPingerBot
ruxitsynthetic		(RuxitSynthetic)/(\d{1,100})\.(\d{1,100})	Ruxit Synthetic
tableau/		(Tableau)/(\d{1,100})\.(\d{1,100})	Tableau
creativecloud/		AppleWebKit/\d{1,10}\.\d{1,10}.{0,200} Safari.{0,200} (CreativeCloud)/(\d{1,100})\.(\d{1,100}).(\d{1,100})	Adobe CreativeCloud
salesforce		(Salesforce)(?:.)\/(\d{1,100})\.(\d?)
(statuscake)		(\(StatusCake\))	StatusCakeBot
facebookextern		(facebookexternalhit)/(\d{1,100})\.(\d{1,100})	FacebookBot
/+/web/snippet		Google.{0,50}/\+/web/snippet	GooglePlusBot
via ggpht.com 		via ggpht\.com GoogleImageProxy	GmailImageProxy
yahoomailproxy		YahooMailProxy; https://help\.yahoo\.com/kb/yahoo-mail-proxy-SLN28749\.html	YahooMailProxy
twitterbot/		(Twitterbot)/(\d{1,100})\.(\d{1,100})	Twitterbot
axtaris¦bot¦fetchurl¦isara¦nutch¦shopsalad¦spider¦tailsweep		/((?:Ant-|)Nutch|[A-z]{1,100}[Bb]ot|[A-z]{1,100}[Ss]pider|Axtaris|fetchurl|Isara|ShopSalad|Tailsweep)[ \-](\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
008/¦altresium/¦argus/¦baidumobaider/¦boardreader/¦dataparksearch¦dnsgroup/¦edi/¦envolk/¦goodzer/¦grub/¦infohelfer/¦ingrid/¦linkedinbot/¦looq/¦nutch/¦ogscrper/¦pandora/¦pathdefender/¦peew/¦postpost/¦sproose/¦steeler/¦twitterbot/¦vse/¦webcrunch/¦webzip/¦wminer/¦y!j-bra/¦y!j-brb/¦y!j-brc/¦y!j-brd/¦y!j-bre/¦y!j-brf/¦y!j-brg/¦y!j-brh/¦y!j-bri/¦y!j-brj/¦y!j-brk/¦y!j-brl/¦y!j-brm/¦y!j-brn/¦y!j-bro/¦y!j-brp/¦y!j-brq/¦y!j-brr/¦y!j-brs/¦y!j-brt/¦y!j-bru/¦y!j-brv/¦y!j-brw/¦y!j-brx/¦y!j-bry/¦y!j-brz/¦yahooseeker/		\b(008|Altresium|Argus|BaiduMobaider|BoardReader|DNSGroup|DataparkSearch|EDI|Goodzer|Grub|INGRID|Infohelfer|LinkedInBot|LOOQ|Nutch|OgScrper|Pandora|PathDefender|Peew|PostPost|Steeler|Twitterbot|VSE|WebCrunch|WebZIP|Y!J-BR[A-Z]|YahooSeeker|envolk|sproose|wminer)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
msiecrawler		(MSIE) (\d{1,100})\.(\d{1,100})([a-z]\d|[a-z]|);.{0,200} MSIECrawler	MSIECrawler
davdroid/		(DAVdroid)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
aihttp¦apache-httpcli¦axios¦go-http-client¦google-http-ja¦http%20client¦httpmonitor¦jnlp¦okhttp¦postmanruntime¦python-urllib¦reqwest¦scalaj-http¦tlsprober¦unirest-java¦unirest-net¦unirest-nodejs¦unirest-php¦unirest-python¦unirest-ruby¦winhttp		(Google-HTTP-Java-Client|Apache-HttpClient|PostmanRuntime|Go-http-client|scalaj-http|http%20client|Python-urllib|HttpMonitor|TLSProber|WinHTTP|JNLP|okhttp|aihttp|reqwest|axios|unirest-(?:java|python|ruby|nodejs|php|net))(?:[ /](\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)
pinterest		(Pinterest(?:bot|))/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)[;\s(]{1,100}\+https://www.pinterest.com/bot.html	Pinterestbot
 bot¦-agent¦.org_bot¦123metaspider-¦1470.net crawl¦50.nu¦8bo crawler bo¦aboundex¦adsbot-google¦altavista¦appengine-goog¦arcgis hub ind¦archiver¦ask jeeves¦baiduspider-¦bingbot¦bingpreview¦blitzbot¦blogbridge¦bloglovin¦boardreader bl¦boardreader fa¦boitho¦botname/$botve¦botseer¦bubing¦catchpoint¦charlotte¦checklinks¦cityreview rob¦clumboot¦comodo http(s)¦comodo-webinsp¦converacrawler¦crawl-e¦crawlconvera¦crawldaddy¦crawlfire¦csimplespider¦daumoa¦favicon¦feed seeker bo¦feedbin¦finderbots¦findlinks¦flamingo_searc¦furlbot¦genieo¦gigabot¦gomezagent¦gonzo1¦google sketchu¦google-inspect¦googlebot¦googleother¦gptbot¦grub-client¦gsa-crawler¦heritrix¦hiddenmarket¦holmes¦hoowwwer¦htdig¦icarus6j¦icc-crawler¦ichiro¦iconsurf¦iltrovatore¦index crawler¦infuzapp¦innovazion cra¦internetarchiv¦ip2¦jbot¦job roboter¦kaloogabot¦kiwistatus spi¦kraken¦kurzor¦larbin¦leia¦lesnikbot¦lijit crawler¦link sleuth¦linkaider¦linkedinbot¦llaut¦lycos¦mail.ru_bot¦masidani_bot¦masscan¦mediapartners-¦mj12bot¦mogimogi¦mozdex¦msnbot¦msrbot¦mtps feed aggr¦netresearch¦netvibes¦newsgator¦ning¦nutch¦nymesis¦objectssearch¦ogscrper¦oozbot¦orbiter¦pagepeeker¦pagesinventory¦paxleframework¦peeplo screens¦phpcrawl¦plantynet_webr¦pompos¦queryseekerspi¦qwantify¦read%20later¦reaper¦redcarpet¦retreiver¦riddler¦rival iq¦scollspider¦scooter¦scrapy¦scrubby¦searchsight¦seekbot¦semanticdiscov¦semrushbot¦seostats¦simplepie¦simplerss¦simpy¦sitecat webbot¦sitecon¦slack-imgproxy¦slackbot-linke¦slurp¦snappy¦speedy spider¦squrl java¦stringer¦theusefulbot¦thumbshots.ru¦thumbshotsbot¦tiny tiny rss¦trends crawler¦twitterbot¦url2png¦usyd-nlp-spide¦vagabondo¦voilabot¦vortex¦voyager¦wasalive¦web-sniffer¦webthumb¦wesee:¦whatsapp¦whatweb¦wire¦wordpress¦wotbox¦www.almaden.ib¦xerka ¦yacy¦yahooseeker¦yandex¦yeti¦yodaobot¦yottaamonitor¦yowedo¦zao¦zebot_www.ze.b¦zooshot¦zyborg		(CSimpleSpider|Cityreview Robot|CrawlDaddy|CrawlFire|Finderbots|Index crawler|Job Roboter|KiwiStatus Spider|Lijit Crawler|QuerySeekerSpider|ScollSpider|Trends Crawler|USyd-NLP-Spider|SiteCat Webbot|BotName\/\$BotVersion|123metaspider-Bot|1470\.net crawler|50\.nu|8bo Crawler Bot|Aboundex|Accoona-[A-z]{1,30}-Agent|AdsBot-Google(?:-[a-z]{1,30}|)|altavista|AppEngine-Google|archive.{0,30}\.org_bot|archiver|Ask Jeeves|[Bb]ai[Dd]u[Ss]pider(?:-[A-Za-z]{1,30})(?:-[A-Za-z]{1,30}|)|bingbot|BingPreview|blitzbot|BlogBridge|Bloglovin|BoardReader Blog Indexer|BoardReader Favicon Fetcher|boitho.com-dc|BotSeer|BUbiNG|\b\w{0,30}favicon\w{0,30}\b|\bYeti(?:-[a-z]{1,30}|)|Catchpoint(?: bot|)|[Cc]harlotte|Checklinks|clumboot|Comodo HTTP\(S\) Crawler|Comodo-Webinspector-Crawler|ConveraCrawler|CRAWL-E|CrawlConvera|Daumoa(?:-feedfetcher|)|Feed Seeker Bot|Feedbin|findlinks|Flamingo_SearchEngine|FollowSite Bot|furlbot|Genieo|gigabot|GomezAgent|gonzo1|(?:[a-zA-Z]{1,30}-|)Googlebot(?:-[a-zA-Z]{1,30}|)|GoogleOther|Google SketchUp|grub-client|gsa-crawler|heritrix|HiddenMarket|holmes|HooWWWer|htdig|ia_archiver|ICC-Crawler|Icarus6j|ichiro(?:/mobile|)|IconSurf|IlTrovatore(?:-Setaccio|)|InfuzApp|Innovazion Crawler|InternetArchive|IP2[a-z]{1,30}Bot|jbot\b|KaloogaBot|Kraken|Kurzor|larbin|LEIA|LesnikBot|Linguee Bot|LinkAider|LinkedInBot|Lite Bot|Llaut|lycos|Mail\.RU_Bot|masscan|masidani_bot|Mediapartners-Google|Microsoft .{0,30} Bot|mogimogi|mozDex|MJ12bot|msnbot(?:-media {0,2}|)|msrbot|Mtps Feed Aggregation System|netresearch|Netvibes|NewsGator[^/]{0,30}|^NING|Nutch[^/]{0,30}|Nymesis|ObjectsSearch|OgScrper|Orbiter|OOZBOT|PagePeeker|PagesInventory|PaxleFramework|Peeplo Screenshot Bot|PHPCrawl|PlantyNet_WebRobot|Pompos|Qwantify|Read%20Later|Reaper|RedCarpet|Retreiver|Riddler|Rival IQ|scooter|Scrapy|Scrubby|searchsight|seekbot|semanticdiscovery|SemrushBot|Simpy|SimplePie|SEOstats|SimpleRSS|SiteCon|Slackbot-LinkExpanding|Slack-ImgProxy|Slurp|snappy|Speedy Spider|Squrl Java|Stringer|TheUsefulbot|ThumbShotsBot|Thumbshots\.ru|Tiny Tiny RSS|Twitterbot|WhatsApp|URL2PNG|Vagabondo|VoilaBot|^vortex|Votay bot|^voyager|WASALive.Bot|Web-sniffer|WebThumb|WeSEE:[A-z]{1,30}|WhatWeb|WIRE|WordPress|Wotbox|www\.almaden\.ibm\.com|Xenu(?:.s|) Link Sleuth|Xerka [A-z]{1,30}Bot|yacy(?:bot|)|YahooSeeker|Yahoo! Slurp|Yandex\w{1,30}|YodaoBot(?:-[A-z]{1,30}|)|YottaaMonitor|Yowedo|^Zao|^Zao-Crawler|ZeBot_www\.ze\.bz|ZooShot|ZyBorg|ArcGIS Hub Indexer|GPTBot|Google-InspectionTool)(?:[ /]v?(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)|)
aws-¦boto¦jets3t¦s3fs		\b(Boto3?|JetS3t|aws-(?:cli|sdk-(?:cpp|go|go-v\d|java|nodejs|ruby2?|dotnet-(?:\d{1,2}|core)))|s3fs)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
fme/		(FME)\/(\d{1,100}\.\d{1,100})\.(\d{1,100})\.(\d{1,100})
qgis/		(QGIS)\/(\d)\.?0?(\d{1,2})\.?0?(\d{1,2})
josm/		(JOSM)/(\d{1,100})\.(\d{1,100})
tygron platfor		(Tygron Platform) \((\d{1,100})\.(\d{1,100})\.(\d{1,100}(?:\.\d{1,100}| RC \d{1,100}\.\d{1,100}))
[fb_iab/messen¦[fban/messenge		\[(FBAN/MessengerForiOS|FB_IAB/MESSENGER);FBAV/(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)|)	Facebook Messenger
fbav/		\[FB.{0,300};(FBAV)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Facebook
[fb		\[FB.{0,300};	Facebook
reciperadar/		(RecipeRadar)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
archiver¦bot¦crawl¦indexer¦scraper¦spider		^.{0,200}?(?:\/[A-Za-z0-9\.]{0,50}|) {0,2}([A-Za-z0-9 \-_\!\[\]:]{0,50}(?:[Aa]rchiver|[Ii]ndexer|[Ss]craper|[Bb]ot|[Ss]pider|[Cc]rawl[a-z]{0,50}))[/ ](\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)
bot		^.{0,200}?((?:[A-Za-z][A-Za-z0-9 -]{0,50}|)[^C][^Uu][Bb]ot)\b(?:(?:[ /]| v)(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)
crawl¦scrape¦spider		^.{0,200}?((?:[A-z0-9]{1,50}|[A-z\-]{1,50} ?|)(?: the |)(?:[Ss][Pp][Ii][Dd][Ee][Rr]|[Ss]crape|[Cc][Rr][Aa][Ww][Ll])[A-z0-9]{0,50})(?:(?:[ /]| v)(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)
hbbtv/		(HbbTV)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}) \(
camino/¦chimera/¦seamonkey/¦waterfox/		(Chimera|SeaMonkey|Camino|Waterfox)/(\d{1,100})\.(\d{1,100})\.?([ab]?\d{1,100}[a-z]{0,100}|)
sailfishbrowse		(SailfishBrowser)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Sailfish Browser
[pinterest/		\[(Pinterest)/[^\]]{1,50}\]
pinterest for ¦pinterest/		(Pinterest)(?: for Android(?: Tablet|)|)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
instagram		Mozilla.{1,200}Mobile.{1,100}(Instagram).(\d{1,100})\.(\d{1,100})\.(\d{1,100})
instagram 		(Instagram) (\d{1,100})\.(\d{1,100})\.(\d{1,100})
flipboard		Mozilla.{1,200}Mobile.{1,100}(Flipboard).(\d{1,100})\.(\d{1,100})\.(\d{1,100})
flipboard-brie		Mozilla.{1,200}Mobile.{1,100}(Flipboard-Briefing).(\d{1,100})\.(\d{1,100})\.(\d{1,100})
onefootball/an		Mozilla.{1,200}Mobile.{1,100}(Onefootball)\/Android.(\d{1,100})\.(\d{1,100})\.(\d{1,100})
snapchat/		(Snapchat)\/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})
twitter for ip¦twitterandroid		(Twitter for (?:iPhone|iPad)|TwitterAndroid)(?:\/(\d{1,100})\.(\d{1,100})|)	Twitter
musical_ly app		(musical_ly) app_version\/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	TikTok
musical_ly_		(musical_ly_)(\d{1,100})\.(\d{1,100})\.(\d{1,100})	TikTok
bytedancewebvi		(BytedanceWebview)\/[a-z0-9]{1,100}	TikTok
kakaotalk/		Mozilla.{1,200}Mobile.{1,100}(KAKAOTALK)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	KakaoTalk
telegram-andro		(Telegram-Android)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Telegram
phantom/androi¦phantom/ios		Mozilla.{1,200}Mobile.{1,100}(Phantom\/ios|Phantom\/android).(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Phantom
aspiegelbot¦petalbot		Mozilla.{1,100}Mobile.{1,100}(AspiegelBot|PetalBot)	Spider
aspiegelbot¦petalbot		AspiegelBot|PetalBot	Spider
basilisk/		(Firefox)/(\d{1,100})\.(\d{1,100}) Basilisk/(\d{1,100})	Basilisk
palemoon/		(PaleMoon)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Pale Moon
camoufox camou		(Camoufox) Camoufox (\d{1,100})\.(\d{1,100})
fennec/		(Fennec)/(\d{1,100})\.(\d{1,100})\.?([ab]?\d{1,100}[a-z]{0,100})	Firefox Mobile
fennec/		(Fennec)/(\d{1,100})\.(\d{1,100})(pre)	Firefox Mobile
fennec/		(Fennec)/(\d{1,100})\.(\d{1,100})	Firefox Mobile
mobile;¦tablet;		(?:Mobile|Tablet);.{0,200}(Firefox)/(\d{1,100})\.(\d{1,100})	Firefox Mobile
minefield/¦namoroka/¦shiretoko/		(Namoroka|Shiretoko|Minefield)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}(?:pre|))	Firefox ($1)
firefox/		(Firefox)/(\d{1,100})\.(\d{1,100})(a\d{1,100}[a-z]{0,100})	Firefox Alpha
firefox/		(Firefox)/(\d{1,100})\.(\d{1,100})(b\d{1,100}[a-z]{0,100})	Firefox Beta
firefox-		(Firefox)-(?:\d{1,100}\.\d{1,100}|)/(\d{1,100})\.(\d{1,100})(a\d{1,100}[a-z]{0,100})	Firefox Alpha
firefox-		(Firefox)-(?:\d{1,100}\.\d{1,100}|)/(\d{1,100})\.(\d{1,100})(b\d{1,100}[a-z]{0,100})	Firefox Beta
minefield/¦namoroka/¦shiretoko/		(Namoroka|Shiretoko|Minefield)/(\d{1,100})\.(\d{1,100})([ab]\d{1,100}[a-z]{0,100}|)	Firefox ($1)
tablet browser		(Firefox).{0,200}Tablet browser (\d{1,100})\.(\d{1,100})\.(\d{1,100})	MicroB
mozilladevelop		(MozillaDeveloperPreview)/(\d{1,100})\.(\d{1,100})([ab]\d{1,100}[a-z]{0,100}|)
fxios/		(FxiOS)/(\d{1,100})\.(\d{1,100})(\.(\d{1,100})|)(\.(\d{1,100})|)	Firefox iOS
flock/		(Flock)/(\d{1,100})\.(\d{1,100})(b\d{1,100}?)
rockmelt/		(RockMelt)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
navigator/		(Navigator)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Netscape
navigator/		(Navigator)/(\d{1,100})\.(\d{1,100})([ab]\d{1,100})	Netscape
netscape6/		(Netscape6)/(\d{1,100})\.(\d{1,100})\.?([ab]?\d{1,100}|)	Netscape
myibrow/		(MyIBrow)/(\d{1,100})\.(\d{1,100})	My Internet Browser
u browser¦u3¦ubrowser¦uc browser¦ucbrowser¦ucmobile¦ucweb		(UC? ?Browser|UCWEB|UCMobile|U3)[ /]?(\d{1,100})\.(\d{1,100})\.(\d{1,100})	UC Browser
opera tablet		(Opera Tablet).{0,200}Version/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
opera mini		(Opera Mini)(?:/att|)/?(\d{1,100}|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
opera mobi		(Opera)/.{1,100}Opera Mobi.{1,100}Version/(\d{1,100})\.(\d{1,100})	Opera Mobile
opera mobi		(Opera)/(\d{1,100})\.(\d{1,100}).{1,100}Opera Mobi	Opera Mobile
opera		Opera Mobi.{1,100}(Opera)(?:/|\s{1,100})(\d{1,100})\.(\d{1,100})	Opera Mobile
opera mobi		Opera Mobi	Opera Mobile
opera/9		(Opera)/9.80.{0,200}Version/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
opr/		(?:Mobile Safari).{1,300}(OPR)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Opera Mobile
opr/		(?:Chrome).{1,300}(OPR)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Opera
opx/		(OPX)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Opera GX
opt/		(OPT)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Opera Touch
coast/		(Coast)/(\d{1,100}).(\d{1,100}).(\d{1,100})	Opera Coast
opios/		(OPiOS)/(\d{1,100}).(\d{1,100}).(\d{1,100})	Opera Mini
mms/		Chrome/.{1,200}( MMS)/(\d{1,100}).(\d{1,100}).(\d{1,100})	Opera Neon
hpwos/¦webos/		(hpw|web)OS/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	webOS Browser
luakit		(luakit)	LuaKit
snowshoe/		(Snowshoe)/(\d{1,100})\.(\d{1,100}).(\d{1,100})
lightning/		Gecko/\d{1,100} (Lightning)/(\d{1,100})\.(\d{1,100})\.?((?:[ab]?\d{1,100}[a-z]{0,100})|(?:\d{0,100}))
(swiftfox)		(Firefox)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}(?:pre|)) \(Swiftfox\)	Swiftfox
(swiftfox)		(Firefox)/(\d{1,100})\.(\d{1,100})([ab]\d{1,100}[a-z]{0,100}|) \(Swiftfox\)	Swiftfox
rekonq/		(rekonq)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|) Safari	Rekonq
rekonq		rekonq	Rekonq
conkeror/		(conkeror|Conkeror)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Conkeror
konqueror/		(konqueror)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Konqueror
wetab-browser		(WeTab)-Browser
comodo_dragon/		(Comodo_Dragon)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Comodo Dragon
symphony 		(Symphony) (\d{1,100}).(\d{1,100})
playstation 3		PLAYSTATION 3.{1,200}WebKit	NetFront NX
playstation 3		PLAYSTATION 3	NetFront
playstation po		(PlayStation Portable)	NetFront
playstation vi		(PlayStation Vita)	NetFront NX
 nx/		AppleWebKit.{1,200} (NX)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	NetFront NX
nintendo 3ds		(Nintendo 3DS)	NetFront NX
huaweibrowser/		(HuaweiBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.\d{1,100}	Huawei Browser
avg/		(AVG)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.\d{1,100}	AVG
avast/¦avastsecurebro		(AvastSecureBrowser|Avast)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Avast Secure Browser
instabridge/		(Instabridge)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
abb/¦alohabrowser/		(AlohaBrowser|ABB)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Aloha Browser
brave		((?:B|b)rave(?:\sChrome)?)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Brave
brave		(?:\()?Brave(?:\))?\s{0,100}$	Brave
silk/		(Silk)/(\d{1,100})\.(\d{1,100})(?:\.([0-9\-]{1,100})|)	Amazon Silk
puffin/		(Puffin)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
edge/		Windows Phone .{0,200}(Edge)/(\d{1,100})\.(\d{1,100})	Edge Mobile
edga/¦edgios/		(EdgiOS|EdgA)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Edge Mobile
oculusbrowser/		(OculusBrowser)/(\d{1,100})\.(\d{1,100})(?:\.([0-9\-]{1,100})|)	Oculus Browser
samsungbrowser		(SamsungBrowser)/(\d{1,100})\.(\d{1,100})	Samsung Internet
sznprohlizec/		(SznProhlizec)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Seznam prohlížeč
coc_coc_browse		(coc_coc_browser)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Coc Coc
mxbrowser/		(MxBrowser)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Maxthon
crosswalk/		(Crosswalk)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})
line/		(Line)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	LINE
miuibrowser/		(MiuiBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	MiuiBrowser
mint browser/		(Mint Browser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Mint Browser
topbuzz/		(TopBuzz)/(\d{1,100}).(\d{1,100}).(\d{1,100})	TopBuzz
gsa/		Mozilla.{1,200}Android.{1,200}(GSA)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Google
baidubrowser		(baidubrowser)[/\s](\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Baidu Browser
baiduboxapp/¦flyflow/		(FlyFlow|flyflow|baiduboxapp)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Baidu Explorer
mqqbrowser/min		(MQQBrowser/Mini)(?:(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)	QQ Browser Mini
mqqbrowser		(MQQBrowser)(?:/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)	QQ Browser Mobile
qqbrowser		(QQBrowser)(?:/(\d{1,100})(?:\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|)|)	QQ Browser
duckduckgo/		Mozilla.{1,200}Mobile.{1,100}(DuckDuckGo)/(\d{1,100})	DuckDuckGo Mobile
duckduckgo/		Mozilla.{1,200}(DuckDuckGo)/(\d{1,100})	DuckDuckGo
ddg/		Mozilla.{1,200}Mobile.{1,100}(Ddg)/(\d{1,100})(?:\.(\d{1,100})|)	DuckDuckGo Mobile
ddg/		Mozilla.{1,200}(Ddg)/(\d{1,100})(?:\.(\d{1,100})|)	DuckDuckGo
tenta/		(Tenta/)(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Tenta Browser
ecosia ios@		(Ecosia) ios@(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Ecosia iOS
ecosia android		(Ecosia) android@(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Ecosia Android
vivobrowser/		(VivoBrowser)\/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
hibrowser/v		(H[Ii]Browser)\/v(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	HiBrowser
honorbrowser/		(HonorBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Honor Browser
bdhonorbrowser		(bdhonorbrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Honor Browser
heytapbrowser/		(HeyTapBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	HeyTap Browser
weibo__		(weibo)__(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Weibo
weibointlios¦weiboliteios		(WeiboliteiOS|WeiboIntliOS)	Weibo
phx/		(PHX)/(\d{1,100})\.(\d{1,100})	Phoenix Browser
chrome/		Version/.{1,300}(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Chrome Mobile WebView
; wv)		; wv\).{1,300}(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Chrome Mobile WebView
crmo/		(CrMo)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Chrome Mobile
crios/		(CriOS)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Chrome Mobile iOS
chrome/		(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100}) Mobile(?:[ /]|$)	Chrome Mobile
mobile 		 Mobile .{1,300}(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Chrome Mobile
chromeframe/		(chromeframe)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Chrome Frame
slp browser/		(SLP Browser)/(\d{1,100})\.(\d{1,100})	Tizen Browser
se 2.x metasr 		(SE 2\.X) MetaSr (\d{1,100})\.(\d{1,100})	Sogou Explorer
rackspace moni		(Rackspace Monitoring)/(\d{1,100})\.(\d{1,100})	RackspaceBot
prtg network m		(PRTG Network Monitor)
pyamf/		(PyAMF)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
yabrowser/		(YaBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Yandex Browser
yasearchbrowse		(YaSearchBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Yandex Browser
mrchrome		(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}).{0,100} MRCHROME	Mail.ru Chromium Browser
aolbuild 		(AOL) (\d{1,100})\.(\d{1,100}); AOLBuild (\d{1,100})
downcast¦podcruncher		(PodCruncher|Downcast)[ /]?(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
boxnotes/		 (BoxNotes)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
whale/		(Whale)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100}) Mobile(?:[ /]|$)	Whale
whale/		(Whale)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Whale
1password/		(1Password)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
ghost/		(Ghost)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
(x11; linux x8		PAN (GlobalProtect)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}) .{1,100} \(X11; Linux x86_64\)
surveyon/		^(surveyon)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Surveyon
115browser/		(115Browser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	115 Browser
avira/		(Avira)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Avira
ccleaner/		(CCleaner)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	CCleaner
norton/		(Norton)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Norton
quark/		(Quark)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Quark
quarkpc/		(QuarkPC)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Quark PC
slbrowser/		(SLBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Smart Lenovo Browser
atom/		(Atom)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Atom Browser
qihu 360ent¦qihu 360sei18n		(Chrome)/\d{1,100}\.\d{1,100}\.\d{1,100}\.\d{1,100} .{0,100} QIHU 360(?:SEi18n|ENT)	360 Secure Browser
decentr		(Decentr)	Decentr Web3 Browser
sparrow		(Sparrow)	Sparrow Browser
chromium gost		(Chromium GOST)	Chromium GOST Browser
aolshield/		(AOLShield)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	AOL Shield Browser
hola/		(Hola)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Hola Browser
cravingexplore		(CravingExplorer)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Craving Explorer Browser
talon		(Talon)	Talon Cyber Security Browser
qaxbrowser		(Qaxbrowser)	QAX Browser
adg/		(ADG)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	AOL Desktop Gold Browser
sberbrowser/		(SberBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Sber Browser
jisu/		(JiSu)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	JiSu Browser
wolvic/		(Wolvic)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Wolvic Browser
thano/		(Thano)/(\d{1,100})\.(\d{1,100})	SmartTV WebBrowser
micromessenger		(MicroMessenger)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	WeChat Browser
odin/		(Odin)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Odin
colt/		(Colt)/(\d{1,100})\.(\d{1,100})	NetCast Smart TV
lite browser/		(Lite Browser)/(\d{1,100})\.(\d{1,100})	Lite Browser
omi/		(OMI)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Vewd Browser
mypal/		(Mypal)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Mypal Browser
chesscom-andro		(Chesscom-Android)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
robloxapp/		(RobloxApp)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Roblox App
roadrunner/ios		(Roadrunner)/IOS/\d{1,100}/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
ancestryandroi		(AncestryAndroid)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
slack_ssb/		(Slack_SSB)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Slack Desktop Client
hipchat		(HipChat)/?(\d{1,100}|)	HipChat Desktop Client
antgalio/¦bunjalloo/¦camino/¦demeter/¦dillo/¦electron/¦epiphany/¦fennec/¦fireweb/¦flock/¦fluid/¦fresco/¦galeon/¦google earth/¦granparadiso/¦icab/¦iceape/¦iceweasel/¦iris/¦iron/¦jasmine/¦k-meleon/¦kazehakase/¦konqueror/¦lobo/¦lunascape/¦lynx/¦macoutlook/¦maxthon/¦midori/¦netfront/¦netnewswire/¦netscape/¦oktamobile/¦omniweb/¦openwave/¦opera mini/¦palemoon/¦raven for mac/¦seamonkey/¦shiira/¦sleipnir/¦spotify/¦sunrise/¦thunderbrowse/¦up.browser/¦vienna/¦webpilot/		\b(MobileIron|FireWeb|Jasmine|ANTGalio|Midori|Fresco|Lobo|PaleMoon|Maxthon|Lynx|OmniWeb|Dillo|Camino|Demeter|Fluid|Fennec|Epiphany|Shiira|Sunrise|Spotify|Flock|Netscape|Lunascape|WebPilot|NetFront|Netfront|Konqueror|SeaMonkey|Kazehakase|Vienna|Iceape|Iceweasel|IceWeasel|Iron|K-Meleon|Sleipnir|Galeon|GranParadiso|Opera Mini|iCab|NetNewsWire|ThunderBrowse|Iris|UP\.Browser|Bunjalloo|Google Earth|Raven for Mac|Openwave|MacOutlook|Electron|OktaMobile)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
icrosoft offic¦soffice 12		Microsoft Office Outlook 12\.\d{1,100}\.\d{1,100}|MSOffice 12	Outlook	2007
icrosoft outlo¦soffice 14		Microsoft Outlook 14\.\d{1,100}\.\d{1,100}|MSOffice 14	Outlook	2010
microsoft outl		Microsoft Outlook 15\.\d{1,100}\.\d{1,100}	Outlook	2013
icrosoft outlo¦soffice 16		Microsoft Outlook (?:Mail )?16\.\d{1,100}\.\d{1,100}|MSOffice 16	Outlook	2016
microsoft offi		Microsoft Office (Word) 2014
outlook-expres		Outlook-Express\/7\.0	Windows Live Mail
airmail 		(Airmail) (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
thunderbird/		(Thunderbird)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100}(?:pre|))|)	Thunderbird
postbox/		(Postbox)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Postbox
barca/¦barcapro/		(Barca(?:Pro)?)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Barca
lotus-notes/		(Lotus-Notes)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Lotus Notes
superhuman		Superhuman	Superhuman
vivaldi/		(Vivaldi)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
teams/		.{0,200}(Teams)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Microsoft Teams
edg/¦edge/		(Edge?)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)	Edge
iron		(Chrome)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})[\d.]{0,100} Iron[^/]	Iron
dolphin ¦dolphin/int-¦dolphinhdcn/		\b(Dolphin)(?: |HDCN/|/INT\-)(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
headlesschrome		(HeadlessChrome)(?:/(\d{1,100})\.(\d{1,100})\.(\d{1,100})|)
evolution/		(Evolution)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}\.\d{1,100})
rcm carddav pl		(RCM CardDAV plugin)/(\d{1,100})\.(\d{1,100})\.(\d{1,100}(?:-dev|))
abrowser/¦adobeair/¦arora/¦bingbot/¦bolt/¦camino/¦dillo/¦dolfin/¦dragon/¦epiphany/¦exchangeservic¦exchangewebser¦fennec/¦flock/¦galeon/¦googlebot/¦granparadiso/¦ibrowse/¦icab/¦ice browser/¦iceape/¦icecat/¦iceweasel/¦iron/¦itunes/¦jasmine/¦k-meleon/¦kazehakase/¦kmail2/¦konqueror/¦lunascape/¦lynx/¦macappstore/¦mailbar/¦maxthon/¦mdolphin/¦midori/¦minimo/¦netfront/¦netnewswire/¦netscape/¦opera mini/¦opera/¦orca/¦otter/¦outlook-ios-an¦phoenix/¦planetweb/¦polaris/¦qupzilla/¦qutebrowser/¦seamonkey/¦shiira/¦skyfire/¦sleipnir/¦space bison/¦stainless/¦tizen browser/¦vienna/¦webpilot/¦yahoomobilemai		(bingbot|Bolt|AdobeAIR|Jasmine|IceCat|Skyfire|Midori|Maxthon|Lynx|Arora|IBrowse|Dillo|Camino|Shiira|Fennec|Phoenix|Flock|Netscape|Lunascape|Epiphany|WebPilot|Opera Mini|Opera|NetFront|Netfront|Konqueror|Googlebot|SeaMonkey|Kazehakase|Vienna|Iceape|Iceweasel|IceWeasel|Iron|K-Meleon|Sleipnir|Galeon|GranParadiso|iCab|iTunes|MacAppStore|NetNewsWire|Space Bison|Stainless|Orca|Dolfin|BOLT|Minimo|Tizen Browser|Polaris|Abrowser|Planetweb|ICE Browser|mDolphin|qutebrowser|Otter|QupZilla|MailBar|kmail2|YahooMobileMail|ExchangeWebServices|ExchangeServicesClient|Dragon|Outlook-iOS-Android)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
qtwebengine/		(QtWebEngine)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Qt Web Engine
openwave/		(OpenWave)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Open Wave
atcontent/		(AtContent)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
trailer/		(Trailer)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
agency/		(Agency)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
herring/		(Herring)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
config/		(Config)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
viewer/		(Viewer)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
likewise/		(LikeWise)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
unique/		(Unique)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
citizenfx/		(CitizenFX)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
r2client/		(R2Client)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
obs/		(OBS)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	OBS Studio
adobecep/		(AdobeCEP)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Adobe CEP
valve steam ga		Valve Steam (GameOverlay).{1,200}Chrome/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Steam GameOverlay
valve steam ga		Valve Steam (Gamepad)/Steam Deck.{1,200}Chrome/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Steam Deck
valve client¦valve steam cl		(Valve(?: Steam|) Client).{1,200}Chrome/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Steam Client
ladybird/		(Ladybird)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
chrome/¦chromium/		(Chromium|Chrome)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
iemobile ¦iemobile/		(IEMobile)[ /](\d{1,100})\.(\d{1,100})	IE Mobile
bacaberita app		(BacaBerita App)\/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
bpod¦player fm¦pocket casts		^(bPod|Pocket Casts|Player FM)$
alexamediaplay¦vlc/		^(AlexaMediaPlayer|VLC)/(\d{1,100})\.(\d{1,100})\.([^.\s]{1,100})
antennapod/¦banshee/¦doggcatcher/¦exoplayerdemo/¦goldenpod/¦gpodder/¦ipodder/¦juice/¦mediago/¦miro/¦nsplayer/¦okhttp/¦overcast/¦peapod/¦pockettunes/¦podcasts/¦podkicker/¦quicknews/¦quicktime/¦radio/¦spotify/¦vlc/¦wmplayer/¦zune/		^(AntennaPod|WMPlayer|Zune|Podkicker|Radio|ExoPlayerDemo|Overcast|PocketTunes|NSPlayer|okhttp|DoggCatcher|QuickNews|QuickTime|Peapod|Podcasts|GoldenPod|VLC|Spotify|Miro|MediaGo|Juice|iPodder|gPodder|Banshee)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
liferea/¦peapod/		^(Peapod|Liferea)/([^.\s]{1,100})\.([^.\s]{1,100}|)\.?([^.\s]{1,100}|)
bpod bmid/¦player fm bmid		^(bPod|Player FM) BMID/(\S{1,100})
podcast addict¦podcastaddict/		^(Podcast ?Addict)/v(\d{1,100}) 
podcast addict¦podcastaddict 		^(Podcast ?Addict) 	PodcastAddict
replay av		(Replay) AV
vox music play		(VOX) Music Player
cita rss aggre		(CITA) RSS Aggregator/(\d{1,100})\.(\d{1,100})
pocket casts		(Pocket Casts)$
player fm		(Player FM)$
clementine ¦doppler ¦fancymusic ¦lg player ¦mediamonkey 		(LG Player|Doppler|FancyMusic|MediaMonkey|Clementine) (\d{1,100})\.(\d{1,100})\.?([^.\s]{1,100}|)\.?([^.\s]{1,100}|)
philpodder/		(philpodder)/(\d{1,100})\.(\d{1,100})\.?([^.\s]{1,100}|)\.?([^.\s]{1,100}|)
bashpodder¦doggcatcher¦mediago¦mediamonkey¦player fm¦pocket casts¦spotify		(Player FM|Pocket Casts|DoggCatcher|Spotify|MediaMonkey|MediaGo|BashPodder)
quicktime.		(QuickTime)\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})
kinoma		(Kinoma)(\d{1,100})
fancy cloud mu		(Fancy) Cloud Music (\d{1,100})\.(\d{1,100})	FancyMusic
espndownloadma		EspnDownloadManager	ESPN
espn radio 		(ESPN) Radio (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|) ?(?:rv:(\d{1,100})|) 
jpodder v¦podracer v		(podracer|jPodder) v ?(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
zdm/		(ZDM)/(\d{1,100})\.(\d{1,100})[; ]?
beyondpod ¦zune 		(Zune|BeyondPod) (\d{1,100})(?:\.(\d{1,100})|)[\);]
wmplayer/		(WMPlayer)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})
lavf		^(Lavf)	WMPlayer
rssradio		^(RSSRadio)[ /]?(\d{1,100}|)
rss_radio 		(RSS_Radio) (\d{1,100})\.(\d{1,100})	RSSRadio
podkicker 		(Podkicker) \S{1,100}/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Podkicker
 / 		^(HTC) Streaming Player \S{1,100} / \S{1,100} / \S{1,100} / (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
stitcher/ios		^(Stitcher)/iOS
stitcher/andro		^(Stitcher)/Android
version 		^(VLC) .{0,200}version (\d{1,100})\.(\d{1,100})\.(\d{1,100})
vlc for		 (VLC) for
vlc/		(vlc)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	VLC
foobar		^(foobar)\S{1,10}/(\d{1,100})\.(\d{1,100}|)\.?([\da-z]{1,100}|)
clementine		^(Clementine)\S{1,10} (\d{1,100})\.(\d{1,100}|)\.?(\d{1,100}|)
amarok/		(amarok)/(\d{1,100})\.(\d{1,100}|)\.?(\d{1,100}|)	Amarok
custom-feed re		(Custom)-Feed Reader
crazy browser ¦icab ¦irider ¦lunascape ¦maemo browser ¦skipstone ¦sleipnir 		(iRider|Crazy Browser|SkipStone|iCab|Lunascape|Sleipnir|Maemo Browser) (\d{1,100})\.(\d{1,100})\.(\d{1,100})
android ¦icab ¦jasmine ¦lunascape ¦microsoft skyd¦opera ¦polaris ¦the bat! 		(iCab|Lunascape|Opera|Android|Jasmine|Polaris|Microsoft SkyDriveSync|The Bat!) (\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
kindle/		(Kindle)/(\d{1,100})\.(\d{1,100})
android donut		(Android) Donut		1	2
android eclair		(Android) Eclair		2	1
android froyo		(Android) Froyo		2	2
android ginger		(Android) Gingerbread		2	3
android honeyc		(Android) Honeycomb		3
msie 		(MSIE) (\d{1,100})\.(\d{1,100}).{0,100}XBLWP7	IE Large Screen
nextcloud		(Nextcloud)
mirall/		(mirall)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
owncloud-andro		(ownCloud-android)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Owncloud
(skype for bus		(OC)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100}) \(Skype for Business\)	Skype
openvas		(OpenVAS)(?:-VT)?(?:[ \/](\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)	OpenVAS Scanner
anyconnect/		(AnyConnect)\/(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)
compatible; mo		compatible; monitis	Monitis
obigointernetb		(Obigo)InternetBrowser
obigo-browser		(Obigo)\-Browser
obigo		(Obigo|OBIGO)[^\d]{0,100}(\d{1,100})(?:.(\d{1,100})|)	Obigo
maxthon 		(MAXTHON|Maxthon) (\d{1,100})\.(\d{1,100})	Maxthon
maxthon¦myie2¦shiira¦uzbl		(Maxthon|MyIE2|Uzbl|Shiira)		0
browsex (		(BrowseX) \((\d{1,100})\.(\d{1,100})\.(\d{1,100})
ncsa_mosaic/		(NCSA_Mosaic)/(\d{1,100})\.(\d{1,100})	NCSA Mosaic
polaris/		(POLARIS)/(\d{1,100})\.(\d{1,100})	Polaris
embider/		(Embider)/(\d{1,100})\.(\d{1,100})	Polaris
bonecho/		(BonEcho)/(\d{1,100})\.(\d{1,100})\.?([ab]?\d{1,100}|)	Bon Echo
alex		(TopBuzz) com.alex.NewsMaster/(\d{1,100}).(\d{1,100}).(\d{1,100})	TopBuzz
mobilesrepubli		(TopBuzz) com.mobilesrepublic.newsrepublic/(\d{1,100}).(\d{1,100}).(\d{1,100})	TopBuzz
topbuzz		(TopBuzz) com.topbuzz.videoen/(\d{1,100}).(\d{1,100}).(\d{1,100})	TopBuzz
gsa/		(iPod|iPhone|iPad).{1,200}GSA/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|) Mobile	Google
ipad¦iphone¦ipod		(iPod|iPhone|iPad).{1,200}Version/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|).{1,200}[ +]Safari	Mobile Safari
applenews/		(iPod|iPod touch|iPhone|iPad);.{0,30}CPU.{0,30}OS[ +](\d{1,100})_(\d{1,100})(?:_(\d{1,100})|).{0,30} AppleNews\/\d{1,100}\.\d{1,100}(?:\.\d{1,100}|)	Mobile Safari UI/WKWebView
ipad¦iphone¦ipod		(iPod|iPhone|iPad).{1,200}Version/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Mobile Safari UI/WKWebView
ipad¦iphone¦ipod		(iPod|iPod touch|iPhone|iPad).{0,200} Safari	Mobile Safari
ipad¦iphone¦ipod		(iPod|iPod touch|iPhone|iPad)	Mobile Safari UI/WKWebView
watch		(Watch)(\d{1,100}),(\d{1,100})	Apple $1 App
.prod.iphone (		(Outlook-iOS)/\d{1,100}\.\d{1,100}\.prod\.iphone \((\d{1,100})\.(\d{1,100})\.(\d{1,100})\)
avantgo 		(AvantGo) (\d{1,100}).(\d{1,100})
onebrowser/		(OneBrowser)/(\d{1,100}).(\d{1,100})	ONE Browser
avant		(Avant)		1
qtcarbrowser		(QtCarBrowser)		1
ibrowser/mini		^(iBrowser/Mini)(\d{1,100}).(\d{1,100})	iBrowser Mini
ibrowser/¦irapp/		^(iBrowser|iRAPP)/(\d{1,100}).(\d{1,100})
nokia		^(Nokia)	Nokia Services (WAP) Browser
nokiabrowser/		(NokiaBrowser)/(\d{1,100})\.(\d{1,100}).(\d{1,100})\.(\d{1,100})	Nokia Browser
nokiabrowser/		(NokiaBrowser)/(\d{1,100})\.(\d{1,100}).(\d{1,100})	Nokia Browser
nokiabrowser/		(NokiaBrowser)/(\d{1,100})\.(\d{1,100})	Nokia Browser
browserng/		(BrowserNG)/(\d{1,100})\.(\d{1,100}).(\d{1,100})	Nokia Browser
series60/5.0		(Series60)/5\.0	Nokia Browser	7	0
series60/		(Series60)/(\d{1,100})\.(\d{1,100})	Nokia OSS Browser
s40ovibrowser/		(S40OviBrowser)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Ovi Browser
nokia		(Nokia)[EN]?(\d{1,100})
playbook		(PlayBook).{1,200}RIM Tablet OS (\d{1,100})\.(\d{1,100})\.(\d{1,100})	BlackBerry WebKit
bb10¦blackberry		(Black[bB]erry|BB10).{1,200}Version/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	BlackBerry WebKit
blackberry		(Black[bB]erry)\s?(\d{1,100})	BlackBerry
omniweb/v		(OmniWeb)/v(\d{1,100})\.(\d{1,100})
blazer/		(Blazer)/(\d{1,100})\.(\d{1,100})	Palm Blazer
pre/		(Pre)/(\d{1,100})\.(\d{1,100})	Palm Pre
elinks/		(ELinks)/(\d{1,100})\.(\d{1,100})
elinks (		(ELinks) \((\d{1,100})\.(\d{1,100})
links (		(Links) \((\d{1,100})\.(\d{1,100})
qtweb internet		(QtWeb) Internet Browser/(\d{1,100})\.(\d{1,100})
phantomjs/		(PhantomJS)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
+ 		(AppleWebKit)/(\d{1,100})(?:\.(\d{1,100})|)\+ .{0,200} Safari	WebKit Nightly
version/		(Version)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|).{0,100}Safari/	Safari
safari/		(Safari)/\d{1,100}
olpc/update		(OLPC)/Update(\d{1,100})\.(\d{1,100})
olpc/update.		(OLPC)/Update()\.(\d{1,100})		0
semc-browser/		(SEMC\-Browser)/(\d{1,100})\.(\d{1,100})
teleca		(Teleca)	Teleca Browser
phantom/v		(Phantom)/V(\d{1,100})\.(\d{1,100})	Phantom Browser
trident/7.0¦trident/8.0		(Trident)/(7|8)\.(0)	IE	11
trident/6.0		(Trident)/(6)\.(0)	IE	10
trident/5.0		(Trident)/(5)\.(0)	IE	9
trident/4.0		(Trident)/(4)\.(0)	IE	8
espial/		(Espial)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
applewebkit/		(AppleWebKit)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Apple Mail
firefox/		(Firefox)/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|$)
firefox/		(Firefox)/(\d{1,100})\.(\d{1,100})(pre|[ab]\d{1,100}[a-z]{0,100}|)
ie 		([MS]?IE) (\d{1,100})\.(\d{1,100})	IE
python-request		(python-requests)/(\d{1,100})\.(\d{1,100})	Python Requests
ahc¦akka-http¦apache-cxf¦aria2¦axel¦axios¦cloudcockpitba¦curl¦debian apt-htt¦fetch libfetch¦go-cf-client¦go-resty¦got¦httpie¦insomnia¦jersey¦jupdate¦lftp¦libwww-perl¦microsoft-cryp¦openbsd ftp¦reactornetty¦sophosagent¦sophosupdatema¦ubuntu apt-htt¦urlgrabber¦vert¦wget¦windows-update¦windowspowersh		\b(Windows-Update-Agent|WindowsPowerShell|Microsoft-CryptoAPI|SophosUpdateManager|SophosAgent|Debian APT-HTTP|Ubuntu APT-HTTP|libcurl-agent|libwww-perl|urlgrabber|curl|PycURL|Wget|wget2|aria2|Axel|OpenBSD ftp|lftp|jupdate|insomnia|fetch libfetch|akka-http|got|CloudCockpitBackend|ReactorNetty|axios|Jersey|Vert.x-WebClient|Apache-CXF|Go-CF-client|go-resty|AHC|HTTPie)(?:[ /](\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)|)
cf/		^(cf)\/(\d{1,100})\.(\d{1,100})\.(\S{1,100})	CloudFoundry
sap-leonardo-i		^(sap-leonardo-iot-sdk-nodejs) \/ (\d{1,100})\.(\d{1,100})\.(\d{1,100})
sap netweaver 		^(SAP NetWeaver Application Server) \(1.0;(\d{1})(\d{2})\)
-httpclient		^(\w{1,100}-HTTPClient)\/(\d{1,100})\.(\d{1,100})-(\S{1,100})	HTTPClient
go-cli		^(go-cli)\s(\d{1,100})\.(\d{1,100}).(\S{1,100})
httpclient/¦java-eurekacli¦lua-resty-http		^(Java-EurekaClient|Java-EurekaClient-Replication|HTTPClient|lua-resty-http)\/v?(\d{1,100})\.(\d{1,100})\.?(\d{0,100})
jaeger_securit¦node-oauth¦ping-service¦sap cpi¦sap xsuaa¦site24x7		^(ping-service|sap xsuaa|Node-oauth|Site24x7|SAP CPI|JAEGER_SECURITY)
aiohttp		(Python/3\.\d{1,3} aiohttp)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Python aiohttp
java		(Java)[/ ]?\d{1}\.(\d{1,100})\.(\d{1,100})[_-]{0,100}([a-zA-Z0-9]{1,100}|)
java		(Java)[/ ]?(\d{1,100})\.(\d{1,100})\.(\d{1,100})
minio-go/v		(minio-go)/v(\d{1,100})\.(\d{1,100})\.(\d{1,100})
ureq ¦ureq/		^(ureq)[/ ](\d{1,100})\.(\d{1,100}).(\d{1,100})
http.rb/		^(http\.rb)/(\d{1,100})\.(\d{1,100}).(\d{1,100})
guzzlehttp/		^(GuzzleHttp)/(\d{1,100})\.(\d{1,100}).(\d{1,100})
grab		^(grab)\b
cyberduck/		^(Cyberduck)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.\d{1,100}|)
s3 browser 		^(S3 Browser) (\d{1,100})[.-](\d{1,100})[.-](\d{1,100})(?:\s{0,100}https?://s3browser\.com|)
s3gof3r		(S3Gof3r)
ibm-cos-sdk-co¦ibm-cos-sdk-ja¦ibm-cos-sdk-js¦ibm-cos-sdk-py		\b(ibm-cos-sdk-(?:core|java|js|python))/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)
rusoto/		^(rusoto)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
rclone/v		^(rclone)/v(\d{1,100})\.(\d{1,100})
roku/dvp-		^(Roku)/DVP-(\d{1,100})\.(\d{1,100})
kurio/		(Kurio)\/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	Kurio App
box sync/¦box/		^(Box(?: Sync)?)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
viafree-		^(ViaFree|Viafree)-(?:tvOS-)?[A-Z]{2}/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	ViaFree
transmit/		(Transmit)/(\d{1,100})\.(\d{1,100})\.(\d{1,100})
download maste		(Download Master)
httrack 		\b(HTTrack) (\d{1,100})\.(\d{1,100})(?:[\.\-](\d{1,100})|)
ladybird/		(Ladybird)\/(\d{1,100})\.(\d{1,100})
mullvadbrowser		(MullvadBrowser)/(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)'''
