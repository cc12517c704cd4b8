"""How operating systems are named in a User-Agent. Written by scripts/agent_tables.py.

From uap-core's regexes.yaml as in ua-parser-builtins 202610; copyright its authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
"""

ROWS = r'''( ;lge ;netcas		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100} \( ;(LG)E ;NetCast 4.0		2013
( ;lge ;netcas		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100} \( ;(LG)E ;NetCast 3.0		2012
1 (;;;;;) mapl		HbbTV/1.1.1 \(;;;;;\) Maple_2011	Samsung	2011
(;samsung;smar		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100} \(;(Samsung);SmartTV([0-9]{4});.{0,200}FXPDEUC			UE40F7000
(;samsung;smar		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100} \(;(Samsung);SmartTV([0-9]{4});.{0,200}MST12DEUC			UE32F4500
hbbtv/1.1.1 (;		HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/4		2013
hbbtv/1.1.1 (;		HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/3		2012
hbbtv/1.1.1 (;		HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/2		2011
firetv-firefox		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100}.{0,100}(firetv)-firefox-plugin (\d{1,100}).(\d{1,100}).(\d{1,100})	FireHbbTV
hbbtv/		HbbTV/\d{1,100}\.\d{1,100}\.\d{1,100} \(.{0,30}; ?([a-zA-Z]{1,100}) ?;.{0,30}(201[1-9]).{0,30}\)
aspiegelbot¦petalbot		AspiegelBot|PetalBot	Other
windows phone 		(Windows Phone) (?:OS[ /])?(\d{1,100})\.(\d{1,100})
outlook-ios-an		(CPU[ +]OS|iPhone[ +]OS|CPU[ +]iPhone)[ +]{1,100}(\d{1,100})[_\.](\d{1,100})(?:[_\.](\d{1,100})|).{0,100}Outlook-iOS-Android	iOS
arcgis.android¦arcgis.ios-¦arcgisandroid-¦arcgisios-		ArcGIS\.?(iOS|Android)-\d{1,100}\.\d{1,100}(?:\.\d{1,100}|)(?:[^\/]{1,50}|)\/(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)
(android ¦(ios 		ArcGISRuntime-(?:Android|iOS)\/\d{1,100}\.\d{1,100}(?:\.\d{1,100}|) \((Android|iOS) (\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|);
crkey		(Android) (\d{1,100})(?:\.(\d{1,100})).{0,100}CrKey	Chromecast Android
crkey		Fuchsia.{0,100}(CrKey)(?:[/](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|)	Chromecast Fuchsia
crkey		Linux.{0,100}(CrKey)(?:[/](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|).{0,100}DeviceType/SmartSpeaker	Chromecast SmartSpeaker
crkey		Linux.{0,100}(CrKey)(?:[/](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|)	Chromecast Linux
android ¦android-¦android/		(Android)[ \-/](\d{1,100})(?:\.(\d{1,100})|)(?:[.\-]([a-z0-9]{1,100})|)
android donut		(Android) Donut		1	2
android eclair		(Android) Eclair		2	1
android froyo		(Android) Froyo		2	2
android ginger		(Android) Gingerbread		2	3
android honeyc		(Android) Honeycomb		3
android 		(Android) (\d{1,100});
android: 		(Android): (\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|);
adr 		^UCWEB.{0,200}; (Adr) (\d{1,100})\.(\d{1,100})(?:[.\-]([a-z0-9]{1,100})|);	Android
ucweb		^UCWEB.{0,200}; (iPad|iPh|iPd) OS (\d{1,100})_(\d{1,100})(?:_(\d{1,100})|);	iOS
wds 		^UCWEB.{0,200}; (wds) (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|);	Windows Phone
juc		^(JUC).{0,200}; ?U; ?(?:Android|)(\d{1,100})\.(\d{1,100})(?:[\.\-]([a-z0-9]{1,100})|)	Android
mobile/		(android)\s(?:mobile\/)(\d{1,100})(?:\.(\d{1,100})(?:\.(\d{1,100})|)|)	Android
quest		Quest	Android
silk-accelerat		(Silk-Accelerated=[a-z]{4,5})	Android
citrixchromeap		(x86_64|aarch64)\ (\d{1,100})\.(\d{1,100})\.(\d{1,100}).{0,100}Chrome.{0,100}(?:CitrixChromeApp)$	Chrome OS
xblwp7		(XBLWP7)	Windows Phone
windows mobile¦windowsmobile		(Windows ?Mobile)	Windows Mobile
windows 10		(Windows 10)	Windows	10
windows nt 5.1¦windows nt 5.2		(Windows (?:NT 5\.2|NT 5\.1))	Windows	XP
win32nt/6.1¦windows nt 6.1		(Win(?:dows NT |32NT\/)6\.1)	Windows	7
win32nt/6.0¦windows nt 6.0		(Win(?:dows NT |32NT\/)6\.0)	Windows	Vista
win 9x 4.90		(Win 9x 4\.90)	Windows	ME
windows nt 6.2		(Windows NT 6\.2; ARM;)	Windows	RT
win32nt/6.2¦windows nt 6.2		(Win(?:dows NT |32NT\/)6\.2)	Windows	8
windows nt 6.3		(Windows NT 6\.3; ARM;)	Windows	RT 8	1
win32nt/6.3¦windows nt 6.3		(Win(?:dows NT |32NT\/)6\.3)	Windows	8	1
win32nt/6.4¦windows nt 6.4		(Win(?:dows NT |32NT\/)6\.4)	Windows	10
windows nt 10.		(Windows NT 10\.0)	Windows	10
windows nt 5.0		(Windows NT 5\.0)	Windows	2000
winnt4		(WinNT4.0)	Windows	NT 4.0
windows ce¦windowsce		(Windows ?CE)	Windows	CE
win		Win(?:dows)? ?(95|98|3.1|NT|ME|2000|XP|Vista|7|CE)	Windows	$1
win16		Win16	Windows	3.1
win32		Win32	Windows	95
box		^Box.{0,200}Windows/([\d.]{1,100});	Windows	$1
tizen ¦tizen/		(Tizen)[/ ](\d{1,100})\.(\d{1,100})
crios/¦edgios/		Intel Mac OS X.{1,100}(CriOS|EdgiOS)/\d{1,100}	iOS
os x¦os+x		((?:Mac[ +]?|; )OS[ +]X)[\s+/](?:(\d{1,100})[_.](\d{1,100})(?:[_.](\d{1,100})|)|Mach-O)	Mac OS X
mac os x		Mac OS X\s.{1,50}\s(\d{1,100}).(\d{1,100}).(\d{1,100})	Mac OS X	$1	$2	$3
darwin/9		 (Dar)(win)/(9).(\d{1,100}).{0,100}\((?:i386|x86_64|Power Macintosh)\)	Mac OS X	10	5
darwin/10		 (Dar)(win)/(10).(\d{1,100}).{0,100}\((?:i386|x86_64)\)	Mac OS X	10	6
darwin/11		 (Dar)(win)/(11).(\d{1,100}).{0,100}\((?:i386|x86_64)\)	Mac OS X	10	7
darwin/12		 (Dar)(win)/(12).(\d{1,100}).{0,100}\((?:i386|x86_64)\)	Mac OS X	10	8
darwin/13		 (Dar)(win)/(13).(\d{1,100}).{0,100}\((?:i386|x86_64)\)	Mac OS X	10	9
mac_powerpc		Mac_PowerPC	Mac OS
intel mac os x¦ppc mac os x		(?:PPC|Intel) (Mac OS X)
darwin/10.		^Box.{0,200};(Darwin)/(10)\.(1\d)(?:\.(\d{1,100})|)	Mac OS X
darwin; arm64		darwin; arm64	Mac OS X
tv		(Apple\s?TV)(?:/(\d{1,100})\.(\d{1,100})|)	ATV OS X
cpu ipad os¦cpu iphone¦cpu os¦cpu+iphone¦cpu+os¦iphone os¦iphone+os		(CPU[ +]OS|iPhone[ +]OS|CPU[ +]iPhone|CPU IPhone OS|CPU iPad OS)[ +]{1,100}(\d{1,100})[_\.](\d{1,100})(?:[_\.](\d{1,100})|)	iOS
ipad; opera¦iphone; opera¦ipod; opera		(iPhone|iPad|iPod); Opera	iOS
ipad¦iphone¦ipod		(iPhone|iPad|iPod).{0,100}Mac OS X.{0,100}Version/(\d{1,100})\.(\d{1,100})	iOS
darwin/11.0.0		(CFNetwork)/(5)48\.0\.3.{0,100} Darwin/11\.0\.0	iOS
darwin/11.0.0		(CFNetwork)/(5)48\.(0)\.4.{0,100} Darwin/(1)1\.0\.0	iOS
cfnetwork/548.		(CFNetwork)/(5)48\.(1)\.4	iOS
cfnetwork/485.		(CFNetwork)/(4)85\.1(3)\.9	iOS
cfnetwork/609.		(CFNetwork)/(6)09\.(1)\.4	iOS
cfnetwork/609		(CFNetwork)/(6)(0)9	iOS
cfnetwork/672.		(CFNetwork)/6(7)2\.(1)\.13	iOS
cfnetwork/672.		(CFNetwork)/6(7)2\.(1)\.(1)4	iOS
cfnetwork/672.		(CF)(Network)/6(7)(2)\.1\.15	iOS	7	1
cfnetwork/672.		(CFNetwork)/6(7)2\.(0)\.(?:2|8)	iOS
cfnetwork/709.		(CFNetwork)/709\.1	iOS	8	0.b5
cfnetwork/711.		(CF)(Network)/711\.(\d)	iOS	8
cfnetwork/720.		(CF)(Network)/(720)\.(\d)	Mac OS X	10	10
cfnetwork/760.		(CF)(Network)/(760)\.(\d)	Mac OS X	10	11
darwin/15.4.		CFNetwork/7.{0,100} Darwin/15\.4\.\d{1,100}	iOS	9	3	1
darwin/15.5.		CFNetwork/7.{0,100} Darwin/15\.5\.\d{1,100}	iOS	9	3	2
darwin/15.6.		CFNetwork/7.{0,100} Darwin/15\.6\.\d{1,100}	iOS	9	3	5
cfnetwork/758.		(CF)(Network)/758\.(\d)	iOS	9
cfnetwork/808.		CFNetwork/808\.3 Darwin/16\.3\.\d{1,100}	iOS	10	2	1
cfnetwork/808.		(CF)(Network)/808\.(\d)	iOS	10
darwin/17.		CFNetwork/.{0,100} Darwin/17\.\d{1,100}.{0,100}\(x86_64\)	Mac OS X	10	13
darwin/16.		CFNetwork/.{0,100} Darwin/16\.\d{1,100}.{0,100}\(x86_64\)	Mac OS X	10	12
darwin/15.		CFNetwork/8.{0,100} Darwin/15\.\d{1,100}.{0,100}\(x86_64\)	Mac OS X	10	11
darwin/9.		CFNetwork/.{0,100} Darwin/(9)\.\d{1,100}	iOS	1
darwin/10.		CFNetwork/.{0,100} Darwin/(10)\.\d{1,100}	iOS	4
darwin/11.		CFNetwork/.{0,100} Darwin/(11)\.\d{1,100}	iOS	5
darwin/13.		CFNetwork/.{0,100} Darwin/(13)\.\d{1,100}	iOS	6
darwin/14.		CFNetwork/6.{0,100} Darwin/(14)\.\d{1,100}	iOS	7
darwin/14.		CFNetwork/7.{0,100} Darwin/(14)\.\d{1,100}	iOS	8	0
darwin/15.		CFNetwork/7.{0,100} Darwin/(15)\.\d{1,100}	iOS	9	0
darwin/16.5.		CFNetwork/8.{0,100} Darwin/16\.5\.\d{1,100}	iOS	10	3
darwin/16.6.		CFNetwork/8.{0,100} Darwin/16\.6\.\d{1,100}	iOS	10	3	2
darwin/16.7.		CFNetwork/8.{0,100} Darwin/16\.7\.\d{1,100}	iOS	10	3	3
darwin/16.		CFNetwork/8.{0,100} Darwin/(16)\.\d{1,100}	iOS	10
darwin/17.0.		CFNetwork/8.{0,100} Darwin/17\.0\.\d{1,100}	iOS	11	0
darwin/17.2.		CFNetwork/8.{0,100} Darwin/17\.2\.\d{1,100}	iOS	11	1
darwin/17.3.		CFNetwork/8.{0,100} Darwin/17\.3\.\d{1,100}	iOS	11	2
darwin/17.4.		CFNetwork/8.{0,100} Darwin/17\.4\.\d{1,100}	iOS	11	2	6
darwin/17.5.		CFNetwork/8.{0,100} Darwin/17\.5\.\d{1,100}	iOS	11	3
darwin/17.6.		CFNetwork/9.{0,100} Darwin/17\.6\.\d{1,100}	iOS	11	4
darwin/17.7.		CFNetwork/9.{0,100} Darwin/17\.7\.\d{1,100}	iOS	11	4	1
darwin/17.		CFNetwork/8.{0,100} Darwin/(17)\.\d{1,100}	iOS	11
darwin/18.0.		CFNetwork/9.{0,100} Darwin/18\.0\.\d{1,100}	iOS	12	0
darwin/18.2.		CFNetwork/9.{0,100} Darwin/18\.2\.\d{1,100}	iOS	12	1
darwin/18.5.		CFNetwork/9.{0,100} Darwin/18\.5\.\d{1,100}	iOS	12	2
darwin/18.6.		CFNetwork/9.{0,100} Darwin/18\.6\.\d{1,100}	iOS	12	3
darwin/18.7.		CFNetwork/9.{0,100} Darwin/18\.7\.\d{1,100}	iOS	12	4
darwin/18.		CFNetwork/9.{0,100} Darwin/(18)\.\d{1,100}	iOS	12
darwin/19.2.		CFNetwork/11.{0,100} Darwin/19\.2\.\d{1,100}	iOS	13	3
darwin/19.3.		CFNetwork/11.{0,100} Darwin/19\.3\.\d{1,100}	iOS	13	3	1
darwin/19.4.		CFNetwork/11.{0,100} Darwin/19\.4\.\d{1,100}	iOS	13	4
darwin/19.5.		CFNetwork/11.{0,100} Darwin/19\.5\.\d{1,100}	iOS	13	5
darwin/19.6.		CFNetwork/11.{0,100} Darwin/19\.6\.\d{1,100}	iOS	13	6
darwin/19.		CFNetwork/1[01].{0,100} Darwin/19\.\d{1,100}	iOS	13
darwin/20.1.		CFNetwork/12.{0,100} Darwin/20\.1\.\d{1,100}	iOS	14	2
darwin/20.2.		CFNetwork/12.{0,100} Darwin/20\.2\.\d{1,100}	iOS	14	3
darwin/20.3.		CFNetwork/12.{0,100} Darwin/20\.3\.\d{1,100}	iOS	14	4
darwin/20.4.		CFNetwork/12.{0,100} Darwin/20\.4\.\d{1,100}	iOS	14	5
darwin/20.5.		CFNetwork/12.{0,100} Darwin/20\.5\.\d{1,100}	iOS	14	6
darwin/20.6.		CFNetwork/12.{0,100} Darwin/20\.6\.\d{1,100}	iOS	14	8
darwin/20.		CFNetwork/.{0,100} Darwin/(20)\.\d{1,100}	iOS	14
darwin/21.0.		CFNetwork/13.{0,100} Darwin/21\.0\.\d{1,100}	iOS	15	0
darwin/21.1.		CFNetwork/13.{0,100} Darwin/21\.1\.\d{1,100}	iOS	15	1
darwin/21.2.		CFNetwork/13.{0,100} Darwin/21\.2\.\d{1,100}	iOS	15	2
darwin/21.3.		CFNetwork/13.{0,100} Darwin/21\.3\.\d{1,100}	iOS	15	3
darwin/21.4.		CFNetwork/13.{0,100} Darwin/21\.4\.\d{1,100}	iOS	15	4
darwin/21.5.		CFNetwork/13.{0,100} Darwin/21\.5\.\d{1,100}	iOS	15	5
darwin/21.6.		CFNetwork/13.{0,100} Darwin/21\.6\.\d{1,100}	iOS	15	6
darwin/21.		CFNetwork/.{0,100} Darwin/(21)\.\d{1,100}	iOS	15
darwin/22.0.¦darwin/22.1.¦darwin/22.2.¦darwin/22.3.¦darwin/22.4.¦darwin/22.5.		CFNetwork/.{0,100} Darwin/22\.([0-5])\.\d{1,100}	iOS	16	$1
darwin/22.		CFNetwork/.{0,100} Darwin/(22)\.\d{1,100}	iOS	16
darwin/23.0.¦darwin/23.1.¦darwin/23.2.¦darwin/23.3.¦darwin/23.4.¦darwin/23.5.		CFNetwork/.{0,100} Darwin/23\.([0-5])\.\d{1,100}	iOS	17	$1
darwin/23.		CFNetwork/.{0,100} Darwin/(23)\.\d{1,100}	iOS	17
darwin/24.0.¦darwin/24.1.¦darwin/24.2.¦darwin/24.3.¦darwin/24.4.¦darwin/24.5.		CFNetwork/.{0,100} Darwin/24\.([0-5])\.\d{1,100}	iOS	18	$1
darwin/24.		CFNetwork/.{0,100} Darwin/(24)\.\d{1,100}	iOS	18
darwin/		CFNetwork/.{0,100} Darwin/	iOS
os ¦os/¦os; ¦pad/¦phone		\b(iOS[ /]|iOS; |iPhone(?:/| v|[ _]OS[/,]|; | OS : |\d,\d/|\d,\d; )|iPad/)(\d{1,2})[_\.](\d{1,2})(?:[_\.](\d{1,100})|)	iOS
(ios;		\((iOS);
watchos ¦watchos/		(watchOS)[/ ](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	WatchOS
.prod.iphone		Outlook-(iOS)/\d{1,100}\.\d{1,100}\.prod\.iphone
ipad¦iphone¦ipod		(iPod|iPhone|iPad)	iOS
tvos ¦tvos/		(tvOS)[/ ](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	tvOS
cros 		(CrOS) [a-z0-9_]{1,100} (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	Chrome OS
debian		([Dd]ebian)	Debian
linux mint		(Linux Mint)(?:/(\d{1,100})|)
mandriva linux¦mandriva/		(Mandriva)(?: Linux|)/(?:[\d.-]{1,100}m[a-z]{2}(\d{1,100}).(\d)|)
symbianos ¦symbianos/		(Symbian[Oo][Ss])[/ ](\d{1,100})\.(\d{1,100})	Symbian OS
nokiabrowser/7		(Symbian/3).{1,200}NokiaBrowser/7\.3	Symbian^3 Anna
nokiabrowser/7		(Symbian/3).{1,200}NokiaBrowser/7\.4	Symbian^3 Belle
symbian/3		(Symbian/3)	Symbian^3
60¦ymbos		\b(Series 60|SymbOS|S60Version|S60V\d|S60\b)	Symbian OS
meego		(MeeGo)
symbian os		Symbian [Oo][Ss]	Symbian OS
series40;		Series40;	Nokia Series 40
series30plus;		Series30Plus;	Nokia Series 30 Plus
bb10;		(BB10);.{1,200}Version/(\d{1,100})\.(\d{1,100})\.(\d{1,100})	BlackBerry OS
blackberry		(Black[Bb]erry)[0-9a-z]{1,100}/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	BlackBerry OS
blackberry		(Black[Bb]erry).{1,200}Version/(\d{1,100})\.(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	BlackBerry OS
rim tablet os 		(RIM Tablet OS) (\d{1,100})\.(\d{1,100})\.(\d{1,100})	BlackBerry Tablet OS
playbook		(Play[Bb]ook)	BlackBerry Tablet OS
blackberry		(Black[Bb]erry)	BlackBerry OS
kaios/		(K[Aa][Ii]OS)\/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	KaiOS
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/18.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	1	0	1
gecko/18		\((?:Mobile|Tablet);.{1,200}Gecko/18.1 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	1	1
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/26.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	1	2
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/28.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	1	3
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/30.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	1	4
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/32.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	2	0
0 firefox/		\((?:Mobile|Tablet);.{1,200}Gecko/34.0 Firefox/\d{1,100}\.\d{1,100}	Firefox OS	2	1
(mobile;¦(tablet;		\((?:Mobile|Tablet);.{1,200}Firefox/\d{1,100}\.\d{1,100}	Firefox OS
brew ¦brew/		(BREW)[ /](\d{1,100})\.(\d{1,100})\.(\d{1,100})
brew;		(BREW);
bmp ¦bmp/¦brew mp ¦brew mp/		(Brew MP|BMP)[ /](\d{1,100})\.(\d{1,100})\.(\d{1,100})	Brew MP
bmp;		BMP;	Brew MP
googletv		(GoogleTV)(?: (\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|/[\da-z]{1,100})
webtv/		(WebTV)/(\d{1,100}).(\d{1,100})
hpwos/¦webos/		(hpw|web)OS/(\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)	webOS
vre;		(VRE);
backtrack ¦backtrack/¦bada ¦bada/¦bsd ¦bsd/¦fedora ¦fedora/¦kindle ¦kindle/¦pclinuxos ¦pclinuxos/¦puppy ¦puppy/¦red hat ¦red hat/¦sailfish ¦sailfish/¦slackware ¦slackware/¦ubuntu ¦ubuntu/		(Fedora|Red Hat|PCLinuxOS|Puppy|Ubuntu|Kindle|Bada|Sailfish|Lubuntu|BackTrack|Slackware|(?:Free|Open|Net|\b)BSD)[/ ](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)(?:\.(\d{1,100})|)
gentoo		(Linux)[ /](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|).{0,100}gentoo	Gentoo
(bada;		\((Bada);
android¦maemo¦web0s¦wetab¦windows		(Windows|Android|WeTab|Maemo|Web0S)
arch linux¦bsd¦centos¦fedora¦gentoo¦mageia¦pclinuxos¦red hat¦serenityos¦slackware¦suse¦ubuntu		(Ubuntu|Kubuntu|Arch Linux|CentOS|Slackware|Gentoo|openSUSE|SUSE|Red Hat|Fedora|PCLinuxOS|Mageia|SerenityOS|(?:Free|Open|Net|\b)BSD)
linux		(Linux)(?:[ /](\d{1,100})\.(\d{1,100})(?:\.(\d{1,100})|)|)
sunos		SunOS	Solaris
(linux-gnu)		\(linux-gnu\)	Linux
(x86_64-redhat		\(x86_64-redhat-linux-gnu\)	Red Hat
(freebsd		\((freebsd)(\d{1,100})\.(\d{1,100})\)	FreeBSD
linux		linux	Linux
roku/dvp-		^(Roku)/DVP-(\d{1,100})\.(\d{1,100})
os/macos		os\/macos[#]?(\d{0,100})[.]?(\d{0,100})[.]?(\d{0,100})	Mac OS X	$1	$2	$3
harmonyos		(HarmonyOS)[\s;]{1,100}(\d{1,100}|)\.?(\d{1,100}|)\.?(\d{1,100}|)'''
