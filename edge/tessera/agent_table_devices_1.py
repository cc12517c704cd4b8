"""How devices are named in a User-Agent, part 1 of 2. Written by scripts/agent_tables.py.

From uap-core's regexes.yaml as in ua-parser-builtins 202610; copyright its authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
"""

ROWS = r'''adsbot-google-¦bingpreview¦bot-mobile¦bot.html¦bot/¦bots/¦google-inspect¦spider.html¦yeti-mobile¦yrspider	i	^.{0,100}?(?:(?:iPhone|Windows CE|Windows Phone|Android).{0,300}(?:(?:Bot|Yeti)-Mobile|YRSpider|BingPreview|bots?/\d|(?:bot|spider)\.html|Google-InspectionTool)|AdsBot-Google-Mobile.{0,200}iPhone)	Spider	Spider	Smartphone
docomo¦lg¦mot¦nokia¦samsung¦sonyericsson	i	^.{0,100}?(?:DoCoMo|\bMOT\b|\bLG\b|Nokia|Samsung|SonyEricsson).{0,200}(?:(?:Bot|Yeti)-Mobile|bots?/\d|(?:bot|crawler)\.html|(?:jump|google|Wukong)bot|ichiro/mobile|/spider|YahooSeeker)	Spider	Spider	Feature Phone
ptst/		 PTST/\d{1,100}(?:\.\d{1,100}|)$	Spider	Spider
x11; datanyze;		X11; Datanyze; Linux	Spider	Spider
aspiegelbot¦petalbot		Mozilla.{1,100}Mobile.{1,100}(AspiegelBot|PetalBot)	Spider	Spider	Smartphone
aspiegelbot¦petalbot		Mozilla.{0,200}(AspiegelBot|PetalBot)	Spider	Spider	Desktop
smartwatch  (¦smartwatch (¦smartwatch(		\bSmartWatch {0,2}\( {0,2}([^;]{1,200}) {0,2}; {0,2}([^;]{1,200}) {0,2};	$1 $2	$1	$2
 - 		Android Application[^\-]{1,300} - (Sony) ?(Ericsson|) (.{1,200}) \w{1,20} - 	$1 $2	$1$2	$3
 - 	i	Android Application[^\-]{1,300} - (?:HTC|HUAWEI|LGE|LENOVO|MEDION|TCT) (HTC|HUAWEI|LG|LENOVO|MEDION|ALCATEL)[ _\-](.{1,200}) \w{1,20} - 	$1 $2	$1	$2
 - 		Android Application[^\-]{1,300} - ([^ ]{1,100}) (.{1,200}) \w{1,20} - 	$1 $2	$1	$2
bc¦lc¦qc¦rc		; {0,2}([BLRQ]C\d{4}[A-Z]{1,100}?)(?: Build|\) AppleWebKit)	3Q $1	3Q	$1
;  3q_¦; 3q_¦;3q_		; {0,2}(?:3Q_)([^;/]{1,100}?)(?: Build|\) AppleWebKit)	3Q $1	3Q	$1
android 3¦android 4		Android [34].{0,200}; {0,2}(A100|A101|A110|A200|A210|A211|A500|A501|A510|A511|A700(?: Lite| 3G|)|A701|B1-A71|A1-\d{3}|B1-\d{3}|V360|V370|W500|W500P|W501|W501P|W510|W511|W700|Slider SL101|DA22[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Acer	$1
acer iconia ta		; {0,2}Acer Iconia Tab ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Acer	$1
e320¦iconia a¦liquid¦s500¦s510¦z110¦z120¦z130¦z150		; {0,2}(Z1[1235]0|E320[^/]{0,10}|S500|S510|Liquid[^;/]{0,30}|Iconia A\d{1,100})(?: Build|\) AppleWebKit)	$1	Acer	$1
acer 		; {0,2}(Acer |ACER )([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Acer	$2
vega		; {0,2}(Advent |)(Vega(?:Bean|Comb|)).{0,200}?(?: Build|\) AppleWebKit)	$1$2	Advent	$2
novo		; {0,2}(Ainol |)((?:NOVO|[Nn]ovo)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Ainol	$2
airis	i	; {0,2}AIRIS[ _\-]?([^/;\)]{1,100}) {0,2}(?:;|\)|Build)	$1	Airis	$1
onepad	i	; {0,2}(OnePAD[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Airis	$1
airpad ¦airpad-		; {0,2}Airpad[ \-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Airpad $1	Airpad	$1
one touch evo7¦one touch t10 ¦one touch t10)¦one touch t20 ¦one touch t20)¦onetouch evo7 ¦onetouch evo7)¦onetouch t10 b¦onetouch t10) ¦onetouch t20 b¦onetouch t20) 		; {0,2}(one ?touch) (EVO7|T10|T20)(?: Build|\) AppleWebKit)	Alcatel One Touch $2	Alcatel	One Touch $2
;  ot ¦;  ot-¦; ot ¦; ot-¦;ot ¦;ot-¦alcatel one to¦alcatel one_to¦alcatel onetou¦alcatel ot ¦alcatel ot-¦alcatel_one to¦alcatel_one_to¦alcatel_onetou¦alcatel_ot ¦alcatel_ot-¦one touch ¦one touch_¦one_touch ¦one_touch_¦onetouch ¦onetouch_	i	; {0,2}(?:alcatel[ _]|)(?:(?:one[ _]?touch[ _])|ot[ \-])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Alcatel One Touch $1	Alcatel	One Touch $1
tcl ¦tcl_		; {0,2}(TCL)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
optimus_madrid¦vodafone smart		; {0,2}(Vodafone Smart II|Optimus_Madrid)(?: Build|\) AppleWebKit)	Alcatel $1	Alcatel	$1
base_lutea_3 b¦base_lutea_3) 		; {0,2}BASE_Lutea_3(?: Build|\) AppleWebKit)	Alcatel One Touch 998	Alcatel	One Touch 998
base_varia bui¦base_varia) ap		; {0,2}BASE_Varia(?: Build|\) AppleWebKit)	Alcatel One Touch 918D	Alcatel	One Touch 918D
fine		; {0,2}((?:FINE|Fine)\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Allfine	$1
speed		; {0,2}(ALLVIEW[ _]?|Allview[ _]?)((?:Speed|SPEED).{0,200}?)(?: Build|\) AppleWebKit)	$1$2	Allview	$2
allview ax1_sh¦allview ax2_fr¦allview_ax1_sh¦allview_ax2_fr¦allviewax1_shi¦allviewax2_fre¦ax1_shine buil¦ax1_shine) app¦ax2_frenzy bui¦ax2_frenzy) ap		; {0,2}(ALLVIEW[ _]?|Allview[ _]?|)(AX1_Shine|AX2_Frenzy)(?: Build|\) AppleWebKit)	$1$2	Allview	$2
allview		; {0,2}(ALLVIEW[ _]?|Allview[ _]?)([^;/]{0,100}?)(?: Build|\) AppleWebKit)	$1$2	Allview	$2
a13-mid build¦a13-mid) apple		; {0,2}(A13-MID)(?: Build|\) AppleWebKit)	$1	Allwinner	$1
allwinner		; {0,2}(Allwinner)[ _\-]?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Allwinner	$1
;  q80¦; q80¦;q80¦a1002¦a1003¦a1006¦a1007¦a651¦a701¦a702¦a703¦a705¦a706¦a707¦a711¦a712¦a713¦a717¦a722¦a785¦a801¦a802¦a803¦a901¦a902¦a9701¦a9703¦q710		; {0,2}(A651|A701B?|A702|A703|A705|A706|A707|A711|A712|A713|A717|A722|A785|A801|A802|A803|A901|A902|A1002|A1003|A1006|A1007|A9701|A9703|Q710|Q80)(?: Build|\) AppleWebKit)	$1	Amaway	$1
amoi ¦amoi_		; {0,2}(?:AMOI|Amoi)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Amoi $1	Amoi	$1
amoi ¦amoi_		^(?:AMOI|Amoi)[ _]([^;/]{1,100}?) Linux	Amoi $1	Amoi	$1
mw07¦mw08¦mw09¦mw10		; {0,2}(MW(?:0[789]|10)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Aoc	$1
g7 build¦g7) applewebki¦m-12 build¦m-12) appleweb¦m-12b build¦m-12b) applewe¦m1013 build¦m1013) applewe¦m1015g build¦m1015g) applew¦m11 build¦m11) applewebk¦m11c build¦m11c) appleweb¦m11g build¦m11g) appleweb¦m12 build¦m12) applewebk¦m12b build¦m12b) appleweb¦m15 build¦m15) applewebk¦m19 build¦m19) applewebk¦m19g build¦m19g) appleweb¦m30 build¦m30) applewebk¦m30a build¦m30a) appleweb¦m30c build¦m30c) appleweb¦m30q build¦m30q) appleweb¦m31g build¦m31g) appleweb¦m31q build¦m31q) appleweb¦m32 build¦m32) applewebk¦m33g build¦m33g) appleweb¦m33q build¦m33q) appleweb¦m36 build¦m36) applewebk¦m37 build¦m37) applewebk¦m38 build¦m38) applewebk¦m701t build¦m701t) applewe¦m71 build¦m71) applewebk¦m710 build¦m710) appleweb¦m712b build¦m712b) applewe¦m713 build¦m713) appleweb¦m715g build¦m715g) applewe¦m716g build¦m716g) applewe¦m717g build¦m717g) applewe¦m71g build¦m71g) appleweb¦m71gs build¦m71gs) applewe¦m71t build¦m71t) appleweb¦m72 build¦m72) applewebk¦m721 build¦m721) appleweb¦m722g build¦m722g) applewe¦m723 build¦m723) appleweb¦m725g build¦m725g) applewe¦m72t build¦m72t) appleweb¦m73 build¦m73) applewebk¦m739 build¦m739) appleweb¦m73t build¦m73t) appleweb¦m75 build¦m75) applewebk¦m75g build¦m75g) appleweb¦m75t build¦m75t) appleweb¦m77g build¦m77g) appleweb¦m785 build¦m785) appleweb¦m791 build¦m791) appleweb¦m79t build¦m79t) appleweb¦m7l build¦m7l) applewebk¦m7ln build¦m7ln) appleweb¦m81 build¦m81) applewebk¦m810 build¦m810) appleweb¦m81t build¦m81t) appleweb¦m82 build¦m82) applewebk¦m92 build¦m92) applewebk¦m92ks build¦m92ks) applewe¦m92s build¦m92s) appleweb¦m92sk build¦m92sk) applewe¦m93d build¦m93d) appleweb		; {0,2}(G7|M1013|M1015G|M11[CG]?|M-?12[B]?|M15|M19[G]?|M30[ACQ]?|M31[GQ]|M32|M33[GQ]|M36|M37|M38|M701T|M710|M712B|M713|M715G|M716G|M71(?:G|GS|T|)|M72[T]?|M73[T]?|M75[GT]?|M77G|M79T|M7L|M7LN|M81|M810|M81T|M82|M92|M92KS|M92S|M717G|M721|M722G|M723|M725G|M739|M785|M791|M92SK|M93D)(?: Build|\) AppleWebKit)	Aoson $1	Aoson	$1
aoson 	i	; {0,2}Aoson ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Aoson $1	Aoson	$1
apanda ¦apanda-¦apanda_		; {0,2}[Aa]panda[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Apanda $1	Apanda	$1
gamepad		; {0,2}(?:ARCHOS|Archos) ?(GAMEPAD.{0,200}?)(?: Build|\) AppleWebKit)	Archos $1	Archos	$1
archos; gogi; 		ARCHOS; GOGI; ([^;]{1,200});	Archos $1	Archos	$1
archos		(?:ARCHOS|Archos)[ _]?(.{0,200}?)(?: Build|[;/\(\)\-]|$)	Archos $1	Archos	$1
an10¦an13¦an7¦an8¦an9		; {0,2}(AN(?:7|8|9|10|13)[A-Z0-9]{1,4})(?: Build|\) AppleWebKit)	Archos $1	Archos	$1
101g9 build¦101g9) applewe¦80g9 build¦80g9) appleweb¦a101b build¦a101b) applewe¦a101c build¦a101c) applewe¦a101it build¦a101it) applew¦a28 build¦a28) applewebk¦a32 build¦a32) applewebk¦a43 build¦a43) applewebk¦a70bht build¦a70bht) applew¦a70cht build¦a70cht) applew¦a70hb build¦a70hb) applewe¦a70s build¦a70s) appleweb¦a70x build¦a70x) appleweb¦a7eb build¦a7eb) appleweb¦a7eb-wk build¦a7eb-wk) apple		; {0,2}(A28|A32|A43|A70(?:BHT|CHT|HB|S|X)|A101(?:B|C|IT)|A7EB|A7EB-WK|101G9|80G9)(?: Build|\) AppleWebKit)	Archos $1	Archos	$1
pad-fmd		; {0,2}(PAD-FMD[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Arival	$1
bioniq		; {0,2}(BioniQ) ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Arival	$1 $2
) applewebkit¦build		; {0,2}(AN\d[^;/]{1,100}|ARCHM\d{1,100})(?: Build|\) AppleWebKit)	Arnova $1	Arnova	$1
arnova		; {0,2}(?:ARNOVA|Arnova) ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Arnova $1	Arnova	$1
;  ap¦; ap¦;ap¦assistant ap		; {0,2}(?:ASSISTANT |)(AP)-?([1789]\d{2}[A-Z]{0,2}|80104)(?: Build|\) AppleWebKit)	Assistant $1-$2	Assistant	$1-$2
eeepc¦k00a¦k00b¦k00c¦k00d¦k00e¦k00f¦k00g¦k00h¦k00i¦k00j¦k00k¦k00l¦k00m¦k00n¦k00o¦k00p¦k00q¦k00r¦k00s¦k00t¦k00u¦k00v¦k00w¦k00x¦k00y¦k00z¦me17¦me3¦nexus 10¦nexus 7¦padfone¦tf¦transformer		; {0,2}(ME17\d[^;/]{0,100}|ME3\d{2}[^;/]{1,100}|K00[A-Z]|Nexus 10|Nexus 7(?: 2013|)|PadFone[^;/]{0,100}|Transformer[^;/]{0,100}|TF\d{3}[^;/]{0,100}|eeepc)(?: Build|\) AppleWebKit)	Asus $1	Asus	$1
asus		; {0,2}ASUS[ _]{0,10}([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Asus $1	Asus	$1
garmin-asus 		; {0,2}Garmin-Asus ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Garmin-Asus $1	Garmin-Asus	$1
garminfone bui¦garminfone) ap		; {0,2}(Garminfone)(?: Build|\) AppleWebKit)	Garmin $1	Garmin-Asus	$1
@tab-		; (@TAB-[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Attab	$1
t-		; {0,2}(T-(?:07|[^0]\d)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Audiosonic	$1
axioo ¦axioo-¦axioo_¦picopad ¦picopad-¦picopad_	i	; {0,2}(?:Axioo[ _\-]([^;/]{1,100}?)|(picopad)[ _\-]([^;/]{1,100}?))(?: Build|\) AppleWebKit)	Axioo $1$2 $3	Axioo	$1$2 $3
v100¦v700¦v800		; {0,2}(V(?:100|700|800)[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Azend	$1
ibak-	i	; {0,2}(IBAK\-[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Bak	$1
hy5001 build¦hy5001) applew¦hy6501 build¦hy6501) applew¦i5 build¦i5) applewebki¦x12 build¦x12) applewebk¦x21 build¦x21) applewebk		; {0,2}(HY5001|HY6501|X12|X21|I5)(?: Build|\) AppleWebKit)	Bedove $1	Bedove	$1
jc-		; {0,2}(JC-[^;/]{0,100})(?: Build|\) AppleWebKit)	Benss $1	Benss	$1
;  bb ¦; bb ¦;bb 		; {0,2}(BB) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Blackberry	$2
blackbird ¦blackbird_		; {0,2}(BlackBird)[ _](I8.{0,200}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
blackbird ¦blackbird_		; {0,2}(BlackBird)[ _](.{0,200}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
bpe¦bpm¦endeavour		; {0,2}([0-9]{1,100}BP[EM][^;/]{0,100}|Endeavour[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Blaupunkt $1	Blaupunkt	$1
blu ¦blu-¦blu_		; {0,2}((?:BLU|Blu)[ _\-])([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Blu	$2
blu¦dash ¦tank 4.5¦vivo 4.3		; {0,2}(?:BMOBILE )?(Blu|BLU|DASH [^;/]{1,100}|VIVO 4\.3|TANK 4\.5)(?: Build|\) AppleWebKit)	$1	Blu	$1
touch		; {0,2}(TOUCH\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Blusens	$1
ax5		; {0,2}(AX5\d{1,100})(?: Build|\) AppleWebKit)	$1	Bmobile	$1
;  bq ¦; bq ¦;bq 		; {0,2}([Bb]q) ([^;/]{1,100}?);?(?: Build|\) AppleWebKit)	$1 $2	bq	$2
maxwell 		; {0,2}(Maxwell [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	bq	$1
b-tab		; {0,2}((?:B-Tab|B-TAB) ?\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Braun	$1
broncho 		; {0,2}(Broncho) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
captiva 		; {0,2}CAPTIVA ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Captiva $1	Captiva	$1
c771 build¦c771) appleweb¦cal21 build¦cal21) applewe¦is11ca build¦is11ca) applew		; {0,2}(C771|CAL21|IS11CA)(?: Build|\) AppleWebKit)	$1	Casio	$1
cat 		; {0,2}(?:Cat|CAT) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Cat $1	Cat	$1
nova		; {0,2}(?:Cat)(Nova.{0,200}?)(?: Build|\) AppleWebKit)	Cat $1	Cat	$1
adm8000kp_a bu¦adm8000kp_a) a¦adm8000kp_b bu¦adm8000kp_b) a¦inm8002kp buil¦inm8002kp) app		; {0,2}(INM8002KP|ADM8000KP_[AB])(?: Build|\) AppleWebKit)	$1	Cat	Tablet PHOENIX 8.1J0
celkon ¦celkon*¦celkon_		; {0,2}(?:[Cc]elkon[ _\*]|CELKON[ _\*])([^;/\)]{1,100}) ?(?:Build|;|\))	$1	Celkon	$1
celkon		Build/(?:[Cc]elkon){1,3}_?([^;/_\)]{1,100})	$1	Celkon	$1
;  ct¦; ct¦;ct		; {0,2}(CT)-?(\d{1,100})(?: Build|\) AppleWebKit)	$1$2	Celkon	$1$2
a1		; {0,2}(A19|A19Q|A105|A107[^;/\)]{0,100}) ?(?:Build|;|\))	$1	Celkon	$1
tpc		; {0,2}(TPC[0-9]{4,5})(?: Build|\) AppleWebKit)	$1	ChangJia	$1
crkey		CrKey.{0,100}DeviceType/([^/]{0,100})	Chromecast	Google	$1
crkey		Fuchsia.{0,100}CrKey	Chromecast	Google	Nest Hub
crkey/1		Linux.{0,100}CrKey/1.36	Chromecast	Google	First Generation
crkey/		CrKey/	Chromecast	Google	Chromecast
cloudfone exci¦cloudfone_exci		; {0,2}(Cloudfone)[ _](Excite)([^ ][^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2 $3	Cloudfone	$1 $2 $3
excite ¦excite_¦ice ¦ice_		; {0,2}(Excite|ICE)[ _](\d{1,100}[^;/]{0,100}?)(?: Build|\) AppleWebKit)	Cloudfone $1 $2	Cloudfone	Cloudfone $1 $2
cloudfone ¦cloudfone_¦cloudpad ¦cloudpad_		; {0,2}(Cloudfone|CloudPad)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Cloudfone	$1 $2
aquila¦clanga¦rapax	i	; {0,2}((?:Aquila|Clanga|Rapax)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Cmx	$1
mid		; {0,2}(?:CFW-|Kyros )?(MID[0-9]{4}(?:[ABC]|SR|TV)?)(\(3G\)-4G| GB 8K| 3G| 8K| GB)? {0,2}(?:Build|[;\)])	CobyKyros $1$2	CobyKyros	$1$2
coolpad ¦coolpad_		; {0,2}([^;/]{0,50})Coolpad[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Coolpad	$1$2
a5300¦gt	i	; {0,2}(CUBE[ _])?([KU][0-9]{1,100} ?GT.{0,200}?|A5300)(?: Build|\) AppleWebKit)	$1$2	Cube	$2
cubot 	i	; {0,2}CUBOT ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Cubot	$1
bobby build¦bobby) applewe	i	; {0,2}(BOBBY)(?: Build|\) AppleWebKit)	$1	Cubot	$1
dslide 		; {0,2}(Dslide [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Danew	$1
xcd 28 build¦xcd 28) applew¦xcd 35 build¦xcd 35) applew¦xcd28 build¦xcd28) applewe¦xcd35 build¦xcd35) applewe¦xcd_28 build¦xcd_28) applew¦xcd_35 build¦xcd_35) applew		; {0,2}(XCD)[ _]?(28|35)(?: Build|\) AppleWebKit)	Dell $1$2	Dell	$1$2
001dl build¦001dl) applewe		; {0,2}(001DL)(?: Build|\) AppleWebKit)	Dell $1	Dell	Streak
dell streak bu¦dell streak) a		; {0,2}(?:Dell|DELL) (Streak)(?: Build|\) AppleWebKit)	Dell $1	Dell	Streak
101dl¦gs01¦streak pro		; {0,2}(101DL|GS01|Streak Pro[^;/]{0,100})(?: Build|\) AppleWebKit)	Dell $1	Dell	Streak Pro
streak 7 build¦streak 7) appl¦streak7 build¦streak7) apple		; {0,2}([Ss]treak ?7)(?: Build|\) AppleWebKit)	Dell $1	Dell	Streak 7
mini-3ix build¦mini-3ix) appl		; {0,2}(Mini-3iX)(?: Build|\) AppleWebKit)	Dell $1	Dell	$1
dell ¦dell_		; {0,2}(?:Dell|DELL)[ _](Aero|Venue|Thunder|Mini.{0,200}?|Streak[ _]Pro)(?: Build|\) AppleWebKit)	Dell $1	Dell	$1
dell ¦dell_		; {0,2}Dell[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Dell $1	Dell	$1
tac-¦tad-		; {0,2}(TA[CD]-\d{1,100}[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Denver	$1
ip10¦ip7¦ip8¦ip9		; {0,2}(iP[789]\d{2}(?:-3G)?|IP10\d{2}(?:-8GB)?)(?: Build|\) AppleWebKit)	$1	Dex	$1
airtab ¦airtab-¦airtab_		; {0,2}(AirTab)[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	DNS	$1 $2
f-		; {0,2}(F\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Fujitsu	$1
ht-03a build¦ht-03a) applew		; {0,2}(HT-03A)(?: Build|\) AppleWebKit)	$1	HTC	Magic
ht-		; {0,2}(HT\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	HTC	$1
l-		; {0,2}(L\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	LG	$1
n-		; {0,2}(N\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Nec	$1
p-		; {0,2}(P\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Panasonic	$1
sc-		; {0,2}(SC\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Samsung	$1
sh-		; {0,2}(SH\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Sharp	$1
so-		; {0,2}(SO\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	SonyEricsson	$1
t-01¦t-02		; {0,2}(T\-0[12][^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Toshiba	$1
doov ¦doov_		; {0,2}(DOOV)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	DOOV	$2
enot		; {0,2}(Enot|ENOT)[ -]?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Enot	$2
cross		; {0,2}[^;/]{1,100} Build/(?:CROSS|Cross){1,3}[ _\-]([^\)]{1,100})	CROSS $1	Evercoss	Cross $1
cross ¦cross-¦cross_		; {0,2}(CROSS|Cross)[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Evercoss	Cross $2
explay ¦explay_		; {0,2}Explay[_ ](.{1,200}?)(?:[\)]| Build)	$1	Explay	$1
iq		; {0,2}(IQ.{0,200}?)(?: Build|\) AppleWebKit)	$1	Fly	$1
fly ¦fly_		; {0,2}(Fly|FLY)[ _](IQ[^;]{1,100}?|F[34]\d{1,100}[^;]{0,100}?);?(?: Build|\) AppleWebKit)	$1 $2	Fly	$2
fjl21 build¦fjl21) applewe¦m532 build¦m532) appleweb¦q572 build¦q572) appleweb		; {0,2}(M532|Q572|FJL21)(?: Build|\) AppleWebKit)	$1	Fujitsu	$1
g1 build¦g1) applewebki		; {0,2}(G1)(?: Build|\) AppleWebKit)	$1	Galapad	$1
geeksphone 		; {0,2}(Geeksphone) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
five		; {0,2}(G[^F]?FIVE) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Gfive	$2
gionee ¦gionee-¦gionee_	i	; {0,2}(Gionee)[ _\-]([^;/]{1,100}?)(?:/[^;/]{1,100}|)(?: Build|\) AppleWebKit)	$1 $2	Gionee	$2
ctrl_v1¦gn¦infinity_passi		; {0,2}(GN\d{1,100}[A-Z]?|INFINITY_PASSION|Ctrl_V1)(?: Build|\) AppleWebKit)	Gionee $1	Gionee	$1
e3 build/jop40		; {0,2}(E3) Build/JOP40D	Gionee $1	Gionee	$1
gionee	i	\sGIONEE[-\s_](\w{0,100})	Gionee $1	Gionee	$1
fone ¦insignia ¦playtab¦quantum 		; {0,2}((?:FONE|QUANTUM|INSIGNIA) \d{1,100}[^;/]{0,100}|PLAYTAB)(?: Build|\) AppleWebKit)	GoClever $1	GoClever	$1
goclever 		; {0,2}GOCLEVER ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	GoClever $1	GoClever	$1
glass 		; {0,2}(Glass \d{1,100})(?: Build|\) AppleWebKit)	$1	Google	$1
pixel		; {0,2}([g|G]oogle)? (Pixel[ a-zA-z0-9]{1,100});(?: Build|.{0,50}\) AppleWebKit)	$2	Google	$2
pixel		; {0,2}([g|G]oogle)? (Pixel.{0,200}?)(?: Build|\) AppleWebKit)	$2	Google	$2
gsmart ¦gsmart-		; {0,2}(GSmart)[ -]([^/]{1,50})(?: Build|\) AppleWebKit)	$1 $2	Gigabyte	$1 $2
imx51_¦imx53_		; {0,2}(imx5[13]_[^/]{1,50})(?: Build|\) AppleWebKit)	Freescale $1	Freescale	$1
haier ¦haier-¦haier_		; {0,2}Haier[ _\-]([^/]{1,50})(?: Build|\) AppleWebKit)	Haier $1	Haier	$1
pad1016 build¦pad1016) apple		; {0,2}(PAD1016)(?: Build|\) AppleWebKit)	Haipad $1	Haipad	$1
m7 build¦m7) applewebki¦m701 build¦m701) appleweb¦m8 build¦m8) applewebki¦m9 build¦m9) applewebki		; {0,2}(M701|M7|M8|M9)(?: Build|\) AppleWebKit)	Haipad $1	Haipad	$1
sn		; {0,2}(SN\d{1,100}T[^;\)/]{0,100})(?: Build|[;\)])	Hannspree $1	Hannspree	$1
build/hcl me t		Build/HCL ME Tablet ([^;\)]{1,3})[\);]	HCLme $1	HCLme	$1
build/hcl		; {0,2}([^;\/]{1,100}) Build/HCL	HCLme $1	HCLme	$1
mid		; {0,2}(MID-?\d{4}C[EM])(?: Build|\) AppleWebKit)	Hena $1	Hena	$1
eg¦hs-¦mira		; {0,2}(EG\d{2,100}|HS-[^;/]{1,100}|MIRA[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Hisense $1	Hisense	$1
andromax	i	; {0,2}(andromax[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Hisense $1	Hisense	$1
amaze		; {0,2}(?:AMAZE[ _](S\d{1,100})|(S\d{1,100})[ _]AMAZE)(?: Build|\) AppleWebKit)	AMAZE $1$2	hitech	AMAZE $1$2
playbook build¦playbook) appl		; {0,2}(PlayBook)(?: Build|\) AppleWebKit)	HP $1	HP	$1
;  hp ¦; hp ¦;hp 		; {0,2}HP ([^/]{1,50})(?: Build|\) AppleWebKit)	HP $1	HP	$1
_tenderloin		; {0,2}([^/]{1,30}_tenderloin)(?: Build|\) AppleWebKit)	HP TouchPad	HP	TouchPad
build/huawei		; {0,2}(HUAWEI |Huawei-|)([UY][^;/]{1,100}) Build/(?:Huawei|HUAWEI)([UY][^\);]{1,100})\)	$1$2	Huawei	$2
build huawei¦build/huawei		; {0,2}([^;/]{1,100}) Build[/ ]Huawei(MT1-U06|[A-Z]{1,50}\d{1,100}[^\);]{1,50})\)	$1	Huawei	$2
m860 build¦s7 build		; {0,2}(S7|M860) Build	$1	Huawei	$1
huawei mediapa¦huawei-mediapa¦huaweimediapad		; {0,2}((?:HUAWEI|Huawei)[ \-]?)(MediaPad) Build	$1$2	Huawei	$2
ascend ¦ascend_		; {0,2}((?:HUAWEI[ _]?|Huawei[ _]|)Ascend[ _])([^;/]{1,100}) Build	$1$2	Huawei	$2
g700-¦mt-		; {0,2}((?:HUAWEI|Huawei)[ _\-]?)((?:G700-|MT-)[^;/]{1,100}) Build	$1$2	Huawei	$2
huawei		; {0,2}((?:HUAWEI|Huawei)[ _\-]?)([^;/]{1,100}) Build	$1$2	Huawei	$2
build/huawei		; {0,2}(MediaPad[^;]{1,200}|SpringBoard) Build/Huawei	$1	Huawei	$1
build/huawei		; {0,2}([^;]{1,200}) Build/(?:Huawei|HUAWEI)	$1	Huawei	$1
;  u¦; u¦;u		; {0,2}([Uu])([89]\d{3}) Build	$1$2	Huawei	U$2
ideos s7 build		; {0,2}(?:Ideos |IDEOS )(S7) Build	Huawei Ideos$1	Huawei	Ideos$1
ideos 		; {0,2}(?:Ideos |IDEOS )([^;/]{1,50}\s{0,5}|\s{0,5})Build	Huawei Ideos$1	Huawei	Ideos$1
ath-¦c8500¦c8600¦c8650¦c8660¦nexus 6p¦orange daytona¦pulse¦vodafone 858		; {0,2}(Orange Daytona|Pulse|Pulse Mini|Vodafone 858|C8500|C8600|C8650|C8660|Nexus 6P|ATH-.{1,200}?) Build[/ ]	Huawei $1	Huawei	$1
-l		; {0,2}((?:[A-Z]{3})\-L[A-Za0-9]{2})[\)]	Huawei $1	Huawei	$1
build/honor		; {0,2}([^;]{1,200}) Build/(HONOR|Honor)	Huawei Honor $1	Huawei	Honor $1
windows phone		; {0,2}HTC[ _]([^;]{1,200}); Windows Phone	HTC $1	HTC	$1
htc ¦htc/¦htc_		; {0,2}(?:HTC[ _/]){1,3}([^ _/]{1,100})(?:[/\\]1\.0 | V|/| {1,100})\d{1,100}\.\d[\d\.]{0,100}(?: {0,2}Build|\))	HTC $1	HTC	$1
htc ¦htc/¦htc_		; {0,2}(?:HTC[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})|)(?:[/\\]1\.0 | V|/| {1,100})\d{1,100}\.\d[\d\.]{0,100}(?: {0,2}Build|\))	HTC $1 $2	HTC	$1 $2
htc ¦htc/¦htc_		; {0,2}(?:HTC[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})|)|)(?:[/\\]1\.0 | V|/| {1,100})\d{1,100}\.\d[\d\.]{0,100}(?: {0,2}Build|\))	HTC $1 $2 $3	HTC	$1 $2 $3
htc ¦htc/¦htc_		; {0,2}(?:HTC[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})|)|)|)(?:[/\\]1\.0 | V|/| {1,100})\d{1,100}\.\d[\d\.]{0,100}(?: {0,2}Build|\))	HTC $1 $2 $3 $4	HTC	$1 $2 $3 $4
htc ¦htc/¦htc_		; {0,2}(?:(?:HTC|htc)(?:_blocked|)[ _/]){1,3}([^ _/;]{1,100})(?: {0,2}Build|[;\)]| - )	HTC $1	HTC	$1
htc ¦htc/¦htc_		; {0,2}(?:(?:HTC|htc)(?:_blocked|)[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/;\)]{1,100})|)(?: {0,2}Build|[;\)]| - )	HTC $1 $2	HTC	$1 $2
htc ¦htc/¦htc_		; {0,2}(?:(?:HTC|htc)(?:_blocked|)[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ _/;\)]{1,100})|)|)(?: {0,2}Build|[;\)]| - )	HTC $1 $2 $3	HTC	$1 $2 $3
htc ¦htc/¦htc_		; {0,2}(?:(?:HTC|htc)(?:_blocked|)[ _/]){1,3}([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ _/]{1,100})(?:[ _/]([^ /;]{1,100})|)|)|)(?: {0,2}Build|[;\)]| - )	HTC $1 $2 $3 $4	HTC	$1 $2 $3 $4
/ htc_		HTC Streaming Player [^\/]{0,30}/[^\/]{0,10}/ htc_([^/]{1,10}) /	HTC $1	HTC	$1
htc	i	(?:[;,] {0,2}|^)(?:htccn_chs-|)HTC[ _-]?([^;]{1,200}?)(?: {0,2}Build|clay|Android|-?Mozilla| Opera| Profile| UNTRUSTED|[;/\(\)]|$)	HTC $1	HTC	$1
a6277¦adr6200¦adr6300¦adr6350¦adr6400¦adr6425¦apx515ckt¦aria¦desire¦dream¦endeavoru¦eris¦evo¦flyer¦hd2¦hero¦htl21¦incredible¦inspire¦legend¦liberty¦one¦pc36100¦pg06100¦pg86100¦s31ht¦sensation¦wildfire	i	; {0,2}(A6277|ADR6200|ADR6300|ADR6350|ADR6400[A-Z]{0,100}|ADR6425[A-Z]{0,100}|APX515CKT|ARIA|Desire[^_ ]{0,100}|Dream|EndeavorU|Eris|Evo|Flyer|HD2|Hero|HERO200|Hero CDMA|HTL21|Incredible|Inspire[A-Z0-9]{0,100}|Legend|Liberty|Nexus ?(?:One|HD2)|One|One S C2|One[ _]?(?:S|V|X\+?)\w{0,100}|PC36100|PG06100|PG86100|S31HT|Sensation|Wildfire)(?: Build|[/;\(\)])	HTC $1	HTC	$1
adr6200¦adr6400l¦adr6425lvw¦amaze¦desire¦endeavoru¦eris¦evo¦hd2¦incredible¦inspire¦sensation¦wildfire	i	; {0,2}(ADR6200|ADR6400L|ADR6425LVW|Amaze|DesireS?|EndeavorU|Eris|EVO|Evo\d[A-Z]{1,100}|HD2|IncredibleS?|Inspire[A-Z0-9]{0,100}|Sensation[A-Z0-9]{0,100}|Wildfire)[ _-](.{1,200}?)(?:[/;\)]|Build|MIUI|1\.0)	HTC $1 $2	HTC	$1 $2
hyundai 		; {0,2}HYUNDAI (T\d[^/]{0,10})(?: Build|\) AppleWebKit)	Hyundai $1	Hyundai	$1
hyundai 		; {0,2}HYUNDAI ([^;/]{1,10}?)(?: Build|\) AppleWebKit)	Hyundai $1	Hyundai	$1
hold x build¦hold x) applew¦mb-6900 build¦mb-6900) apple¦x700 build¦x700) appleweb		; {0,2}(X700|Hold X|MB-6900)(?: Build|\) AppleWebKit)	Hyundai $1	Hyundai	$1
andi	i	; {0,2}(?:iBall[ _\-]|)(Andi)[ _]?(\d[^;/]{0,100})(?: Build|\) AppleWebKit)	$1 $2	iBall	$1 $2
iball	i	; {0,2}(IBall)(?:[ _]([^;/]{1,100}?)|)(?: Build|\) AppleWebKit)	$1 $2	iBall	$2
iconbit¦mercury ¦nettab ¦nt-		; {0,2}(NT-\d{1,100}[^ ;/]{0,50}|Net[Tt]AB [^;/]{1,50}|Mercury [A-Z]{1,50}|iconBIT)(?: S/N:[^;/]{1,50}|)(?: Build|\) AppleWebKit)	$1	IconBIT	$1
imo ¦imo_	i	; {0,2}(IMO)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	IMO	$2
i-mobile ¦i-mobile_¦imobile ¦imobile_	i	; {0,2}i-?mobile[ _]([^/]{1,50})(?: Build|\) AppleWebKit)	i-mobile $1	imobile	$1
i-note¦i-style	i	; {0,2}(i-(?:style|note)[^/]{0,10})(?: Build|\) AppleWebKit)	i-mobile $1	imobile	$1
impad		; {0,2}(ImPAD) ?(\d{1,100}(?:.){0,100}?)(?: Build|\) AppleWebKit)	$1 $2	Impression	$1 $2
infinix ¦infinix_		; {0,2}(Infinix)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Infinix	$2
informer ¦informer-		; {0,2}(Informer)[ \-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Informer	$2
tab 714 build¦tab 714) apple¦tab 724 build¦tab 724) apple¦tab 814 build¦tab 814) apple¦tab 824 build¦tab 824) apple¦tab714 build¦tab714) applew¦tab724 build¦tab724) applew¦tab814 build¦tab814) applew¦tab824 build¦tab824) applew		; {0,2}(TAB) ?([78][12]4)(?: Build|\) AppleWebKit)	Intenso $1	Intenso	$1 $2
aqua ¦aqua-¦aqua.¦aqua_		; {0,2}(?:Intex[ _]|)(AQUA|Aqua)([ _\.\-])([^;/]{1,100}?) {0,2}(?:Build|;)	$1$2$3	Intex	$1 $3
intex ¦intex_		; {0,2}(?:INTEX|Intex)(?:[_ ]([^\ _;/]{1,100}))(?:[_ ]([^\ _;/]{1,100})|) {0,2}(?:Build|;)	$1 $2	Intex	$1 $2
ibuddy connect¦ibuddy_connect¦ibuddyconnect		; {0,2}([iI]Buddy)[ _]?(Connect)(?:_|\?_| |)([^;/]{0,50}) {0,2}(?:Build|;)	$1 $2 $3	Intex	iBuddy $2 $3
i-buddy ¦i-buddy_		; {0,2}(I-Buddy)[ _]([^;/]{1,100}?) {0,2}(?:Build|;)	$1 $2	Intex	iBuddy $2
iocean 	i	; {0,2}(iOCEAN) ([^/]{1,50})(?: Build|\) AppleWebKit)	$1 $2	iOCEAN	$2
tp		; {0,2}(TP\d{1,100}(?:\.\d{1,100}|)\-\d[^;/]{1,100}?)(?: Build|\) AppleWebKit)	ionik $1	ionik	$1
m702pro build¦m702pro) apple		; {0,2}(M702pro)(?: Build|\) AppleWebKit)	$1	Iru	$1
itel 		; {0,2}itel ([^;/]{0,100})(?: Build|\) AppleWebKit)	Itel $1	Itel	$1
de88plus build¦de88plus) appl¦md70 build¦md70) appleweb		; {0,2}(DE88Plus|MD70)(?: Build|\) AppleWebKit)	$1	Ivio	$1
ivio-¦ivio_		; {0,2}IVIO[_\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Ivio	$1
jay-tech¦tpc-		; {0,2}(TPC-\d{1,100}|JAY-TECH)(?: Build|\) AppleWebKit)	$1	Jaytech	$1
g2¦g3¦g4¦jy-		; {0,2}(JY-[^;/]{1,100}|G[234]S?)(?: Build|\) AppleWebKit)	$1	Jiayu	$1
jxd ¦jxd-¦jxd_		; {0,2}(JXD)[ _\-]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	JXD	$2
karbonn	i	; {0,2}Karbonn[ _]?([^;/]{1,100}) {0,2}(?:Build|;)	$1	Karbonn	$1
build/karbonn		; {0,2}([^;]{1,200}) Build/Karbonn	$1	Karbonn	$1
a11¦a34¦a37¦a39¦smart tab2¦smart tab3¦st10¦st7¦st8¦titanium s		; {0,2}(A11|A39|A37|A34|ST8|ST10|ST7|Smart Tab3|Smart Tab2|Titanium S\d) {1,100}Build	$1	Karbonn	$1
is		; {0,2}(IS01|IS03|IS05|IS\d{2}SH)(?: Build|\) AppleWebKit)	$1	Sharp	$1
is04 build¦is04) appleweb		; {0,2}(IS04)(?: Build|\) AppleWebKit)	$1	Regza	$1
is		; {0,2}(IS06|IS\d{2}PT)(?: Build|\) AppleWebKit)	$1	Pantech	$1
is11s build¦is11s) applewe		; {0,2}(IS11S)(?: Build|\) AppleWebKit)	$1	SonyEricsson	Xperia Acro
is11ca build¦is11ca) applew		; {0,2}(IS11CA)(?: Build|\) AppleWebKit)	$1	Casio	GzOne $1
is11lg build¦is11lg) applew		; {0,2}(IS11LG)(?: Build|\) AppleWebKit)	$1	LG	Optimus X
is11n build¦is11n) applewe		; {0,2}(IS11N)(?: Build|\) AppleWebKit)	$1	Medias	$1
is11pt build¦is11pt) applew		; {0,2}(IS11PT)(?: Build|\) AppleWebKit)	$1	Pantech	MIRACH
is12f build¦is12f) applewe		; {0,2}(IS12F)(?: Build|\) AppleWebKit)	$1	Fujitsu	Arrows ES
is12m build¦is12m) applewe		; {0,2}(IS12M)(?: Build|\) AppleWebKit)	$1	Motorola	XT909
is12s build¦is12s) applewe		; {0,2}(IS12S)(?: Build|\) AppleWebKit)	$1	SonyEricsson	Xperia Acro HD
isw11f build¦isw11f) applew		; {0,2}(ISW11F)(?: Build|\) AppleWebKit)	$1	Fujitsu	Arrowz Z
isw11ht build¦isw11ht) apple		; {0,2}(ISW11HT)(?: Build|\) AppleWebKit)	$1	HTC	EVO
isw11k build¦isw11k) applew		; {0,2}(ISW11K)(?: Build|\) AppleWebKit)	$1	Kyocera	DIGNO
isw11m build¦isw11m) applew		; {0,2}(ISW11M)(?: Build|\) AppleWebKit)	$1	Motorola	Photon
isw11sc build¦isw11sc) apple		; {0,2}(ISW11SC)(?: Build|\) AppleWebKit)	$1	Samsung	GALAXY S II WiMAX
isw12ht build¦isw12ht) apple		; {0,2}(ISW12HT)(?: Build|\) AppleWebKit)	$1	HTC	EVO 3D
isw13ht build¦isw13ht) apple		; {0,2}(ISW13HT)(?: Build|\) AppleWebKit)	$1	HTC	J
is		; {0,2}(ISW?[0-9]{2}[A-Z]{0,2})(?: Build|\) AppleWebKit)	$1	KDDI	$1
infobar 		; {0,2}(INFOBAR [^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	KDDI	$1
joypad ¦joypad_		; {0,2}(JOYPAD|Joypad)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Kingcom	$1 $2
arc build¦arc) applewebk¦k080 build¦k080) appleweb¦vox build¦vox) applewebk	i	; {0,2}(Vox|VOX|Arc|K080)(?: Build|\) AppleWebKit)	$1	Kobo	$1
kobo touch		\b(Kobo Touch)\b	$1	Kobo	$1
k-touch ¦k-touch_	i	; {0,2}(K-Touch)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Ktouch	$2
ev-s¦km-s	i	; {0,2}((?:EV|KM)-S\d{1,100}[A-Z]?)(?: Build|\) AppleWebKit)	$1	KTtech	$1
101k¦c51¦c52¦echo¦event¦hydro¦kyl21¦milano¦rise¦torque¦urbano progres¦wx04k¦wx06k¦wx10k¦zio		; {0,2}(Zio|Hydro|Torque|Event|EVENT|Echo|Milano|Rise|URBANO PROGRESSO|WX04K|WX06K|WX10K|KYL21|101K|C5[12]\d{2})(?: Build|\) AppleWebKit)	$1	Kyocera	$1
iris	i	; {0,2}(?:LAVA[ _]|)IRIS[ _\-]?([^/;\)]{1,100}) {0,2}(?:;|\)|Build)	Iris $1	Lava	Iris $1
lava ¦lava_		; {0,2}LAVA[ _]([^;/]{1,100}) Build	$1	Lava	$1
aspire a1¦lemon ¦lemon_		; {0,2}(?:(Aspire A1)|(?:LEMON|Lemon)[ _]([^;/]{1,100}))_?(?: Build|\) AppleWebKit)	Lemon $1$2	Lemon	$1$2
tab-1012 build¦tab-1012) appl		; {0,2}(TAB-1012)(?: Build|\) AppleWebKit)	Lenco $1	Lenco	$1
lenco 		; Lenco ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Lenco $1	Lenco	$1
a1_07 build¦a2107a-h build¦s1-37ah0 build¦s2005a-h build		; {0,2}(A1_07|A2107A-H|S2005A-H|S1-37AH0) Build	$1	Lenovo	$1
ideapab ¦ideapab_¦ideatab ¦ideatab_		; {0,2}(Idea[Tp]ab)[ _]([^;/]{1,100});? Build	Lenovo $1 $2	Lenovo	$1 $2
ideapad¦ideatab		; {0,2}(Idea(?:Tab|pad)) ?([^;/]{1,100}) Build	Lenovo $1 $2	Lenovo	$1 $2
thinkpad table¦thinkpadtablet		; {0,2}(ThinkPad) ?(Tablet) Build/	Lenovo $1 $2	Lenovo	$1 $2
lenovo		; {0,2}(?:LNV-|)(?:=?[Ll]enovo[ _\-]?|LENOVO[ _])(.{1,200}?)(?:Build|[;/\)])	Lenovo $1	Lenovo	$1
, vodafone sma¦smarttab ii¦smarttabii¦vodafone smart		[;,] (?:Vodafone |)(SmartTab) ?(II) ?(\d{1,100}) Build/	Lenovo $1 $2 $3	Lenovo	$1 $2 $3
ideapad k1 bui¦k1 build/		; {0,2}(?:Ideapad |)K1 Build/	Lenovo Ideapad K1	Lenovo	Ideapad K1
3gc101 build/¦3gw100 build/¦3gw101 build/¦a390 build/		; {0,2}(3GC101|3GW10[01]|A390) Build/	$1	Lenovo	$1
lenovo		\b(?:Lenovo|LENOVO){1,3}[ _\-]?([^,;:/ ]{1,100})	Lenovo $1	Lenovo	$1
mfc		; {0,2}(MFC\d{1,100})[A-Z]{2}([^;,/]{0,100}),?(?: Build|\) AppleWebKit)	$1$2	Lexibook	$1$2
e3¦e4¦gt540¦ls6¦ls7¦ls8¦nexus 4¦nexus 5¦optimus 2x¦optimus 4x hd¦optimus g¦optimusx4hd¦vs6¦vs7¦vs8¦vs9		; {0,2}(E[34][0-9]{2}|LS[6-8][0-9]{2}|VS[6-9][0-9]{1,100}[^;/]{1,30}|Nexus 4|Nexus 5X?|GT540f?|Optimus (?:2X|G|4X HD)|OptimusX4HD) {0,2}(?:Build|;)	$1	LG	$1
		[;:] {0,2}(L-\d{1,100}[A-Z]|LGL\d{1,100}[A-Z]?)(?:/V\d{1,100}|) {0,2}(?:Build|[;\)])	$1	LG	$1
;  lg-¦; lg-¦;lg-		; {0,2}(LG-)([A-Z]{1,2}\d{2,100}[^,;/\)\(]{0,100}?)(?:Build| V\d{1,100}|[,;/\)\(]|$)	$1$2	LG	$2
;  lg¦; lg¦;lg		; {0,2}(LG[ \-]|LG)([^;/]{1,100})[;/]? Build	$1$2	LG	$2
/ mozilla/		^(LG)-([^;/]{1,100})/ Mozilla/.{0,200}; Android	$1 $2	LG	$2
web0s; linux/s		(Web0S); Linux/(SmartTV)	LG $1 $2	LG	$1 $2
smb		; {0,2}((?:SMB|smb)[^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Malata	$1
malata 		; {0,2}(?:Malata|MALATA) ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Malata	$1
id05¦id06¦id08¦id1¦id2¦id3¦id4¦id5¦id6¦id7¦id8¦id9¦s4¦s5		; {0,2}(MS[45][0-9]{3}|MID0[568][NS]?|MID[1-9]|MID[78]0[1-9]|MID970[1-9]|MID100[1-9])(?: Build|\) AppleWebKit)	$1	Manta	$1
m1052¦m806¦m9000¦m9100¦m9701¦mid100¦mid120¦mid125¦mid130¦mid135¦mid140¦mid701¦mid710¦mid713¦mid727¦mid728¦mid731¦mid732¦mid733¦mid735¦mid736¦mid737¦mid760¦mid800¦mid810¦mid820¦mid830¦mid833¦mid835¦mid860¦mid900¦mid930¦mid933¦mid960¦mid980		; {0,2}(M1052|M806|M9000|M9100|M9701|MID100|MID120|MID125|MID130|MID135|MID140|MID701|MID710|MID713|MID727|MID728|MID731|MID732|MID733|MID735|MID736|MID737|MID760|MID800|MID810|MID820|MID830|MID833|MID835|MID860|MID900|MID930|MID933|MID960|MID980)(?: Build|\) AppleWebKit)	$1	Match	$1
ax¦genxdroid7¦msd7¦tab 701¦tab 722		; {0,2}(GenxDroid7|MSD7.{0,200}?|AX\d.{0,200}?|Tab 701|Tab 722)(?: Build|\) AppleWebKit)	Maxx $1	Maxx	$1
m-pp¦phonepad		; {0,2}(M-PP[^;/]{1,30}|PhonePad ?\d{2,100}[^;/]{1,30}?)(?: Build|\) AppleWebKit)	Mediacom $1	Mediacom	$1
m-mp¦smartpad		; {0,2}(M-MP[^;/]{1,30}|SmartPad ?\d{2,100}[^;/]{1,30}?)(?: Build|\) AppleWebKit)	Mediacom $1	Mediacom	$1
lifetab ¦lifetab_	i	; {0,2}(?:MD_|)LIFETAB[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Medion Lifetab $1	Medion	Lifetab $1
medion 		; {0,2}MEDION ([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Medion $1	Medion	$1
m030 build¦m030) appleweb¦m031 build¦m031) appleweb¦m035 build¦m035) appleweb¦m040 build¦m040) appleweb¦m065 build¦m065) appleweb¦m9 build¦m9) applewebki		; {0,2}(M030|M031|M035|M040|M065|m9)(?: Build|\) AppleWebKit)	Meizu $1	Meizu	$1
meizu ¦meizu_		; {0,2}(?:meizu_|MEIZU )(.{1,200}?) {0,2}(?:Build|[;\)])	Meizu $1	Meizu	$1
quest 3		Quest 3	Quest	Meta	Quest 3
quest 2		Quest 2	Quest	Meta	Quest 2
quest pro		Quest Pro	Quest	Meta	Quest Pro
quest		Quest	Quest	Meta	Quest
a111 build¦a240 build¦micromax a111 ¦micromax a240 ¦micromax_a111 ¦micromax_a240 	i	; {0,2}(?:Micromax[ _](A111|A240)|(A111|A240)) Build	Micromax $1$2	Micromax	$1$2
micromax ¦micromax_	i	; {0,2}Micromax[ _](A\d{2,3}[^;/]{0,100}) Build	Micromax $1	Micromax	$1
build	i	; {0,2}(A\d{2}|A[12]\d{2}|A90S|A110Q) Build	Micromax $1	Micromax	$1
micromax ¦micromax_	i	; {0,2}Micromax[ _](P\d{3}[^;/]{0,100}) Build	Micromax $1	Micromax	$1
build	i	; {0,2}(P\d{3}|P\d{3}\(Funbook\)) Build	Micromax $1	Micromax	$1
mito	i	; {0,2}(MITO)[ _\-]?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Mito	$2
cynus ¦cynus_	i	; {0,2}(Cynus)[ _](F5|T\d|.{1,200}?) {0,2}(?:Build|[;/\)])	$1 $2	Mobistel	$1 $2
freetab¦modecom freeta	i	; {0,2}(MODECOM |)(FreeTab) ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2 $3	Modecom	$2 $3
modecom 	i	; {0,2}(MODECOM )([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	Modecom	$2
 4g¦mz¦xoom		; {0,2}(MZ\d{3}\+?|MZ\d{3} 4G|Xoom|XOOM[^;/]{0,100}) Build	Motorola $1	Motorola	$1
milestone 		; {0,2}(Milestone )(XT[^;/]{0,100}) Build	Motorola $1$2	Motorola	$2
droid x build¦droidx build¦motoroi x buil¦motoroix build	i	; {0,2}(Motoroi ?x|Droid X|DROIDX) Build	Motorola $1	Motorola	DROID X
build		; {0,2}(Droid[^;/]{0,100}|DROID[^;/]{0,100}|Milestone[^;/]{0,100}|Photon|Triumph|Devour|Titanium) Build	Motorola $1	Motorola	$1
a555¦a853¦a854¦a953¦a955¦a956¦cliq¦mb¦me5¦me600¦me632¦me722¦me8¦mt680¦mt710¦mt870¦mt887¦mt917¦wx435¦wx442¦wx445¦wx453¦xt		; {0,2}(A555|A85[34][^;/]{0,100}|A95[356]|ME[58]\d{2}\+?|ME600|ME632|ME722|MB\d{3}\+?|MT680|MT710|MT870|MT887|MT917|WX435|WX453|WX44[25]|XT\d{3,4}[A-Z\+]{0,100}|CL[iI]Q|CL[iI]Q XT) Build	$1	Motorola	$1
;  mot¦; mot¦;mot¦mot-¦motorola ¦motorola-¦motorola_		; {0,2}(Motorola MOT-|Motorola[ _\-]|MOT\-?)([^;/]{1,100}) Build	$1$2	Motorola	$2
mot-¦moto		; {0,2}(Moto[_ ]?|MOT\-)([^;/]{1,100}) Build	$1$2	Motorola	$2
) applewebkit¦build		; {0,2}((?:MP[DQ]C|MPG\d{1,4}|MP\d{3,4}|MID(?:(?:10[234]|114|43|7[247]|8[24]|7)C|8[01]1))[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Mpman	$1
enjoy ¦enjoy-¦enjoy_¦primo	i	; {0,2}(?:MSI[ _]|)(Primo\d{1,100}|Enjoy[ _\-][^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Msi	$1
multilaser ¦multilaser_		; {0,2}Multilaser[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1	Multilaser	$1
my_pad ¦my_pad_¦mypad ¦mypad_		; {0,2}(My)[_]?(Pad)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2 $3	MyPhone	$1$2 $3
myphone ¦myphone_¦my|phone ¦my|phone_		; {0,2}(My)\|?(Phone)[ _]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2 $3	MyPhone	$3
) applewebkit¦_duo) appleweb¦build¦duo) applewebk	i	; {0,2}(A\d{1,100})[ _](Duo|)(?: Build|\) AppleWebKit)	$1 $2	MyPhone	$1 $2
mytab		; {0,2}(myTab[^;/]{0,100})(?: Build|\) AppleWebKit)	$1	Mytab	$1
nabi-¦nabi2-		; {0,2}(NABI2?-)([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Nabi	$2
n-		; {0,2}(N-\d{1,100}[CDE])(?: Build|\) AppleWebKit)	$1	Nec	$1
nec-		; ?(NEC-)(.{0,200}?)(?: Build|\) AppleWebKit)	$1$2	Nec	$2
lt-na7 build¦lt-na7) applew		; {0,2}(LT-NA7)(?: Build|\) AppleWebKit)	$1	Nec	Lifetouch Note
datam803hc¦m805¦next¦nxm		; {0,2}(NXM\d{1,100}[A-Za-z0-9_]{0,50}|Next\d[A-Za-z0-9_ \-]{0,50}|NEXT\d[A-Za-z0-9_ \-]{0,50}|Nextbook [A-Za-z0-9_ ]{0,50}|DATAM803HC|M805)(?: Build|[\);])	$1	Nextbook	$1
nokia	i	; {0,2}(Nokia)([ _\-]{0,5})([^;/]{0,50}) Build	$1$2$3	Nokia	$3
ta-		; {0,2}(TA\-\d{4})(?: Build|\) AppleWebKit)	Nokia $1	Nokia	$1
;  bn ¦; bn ¦;bn ¦barnes & noble¦nook		; {0,2}(Nook ?|Barnes & Noble Nook |BN )([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1$2	Nook	$2
bnrv200 build¦bnrv200) apple¦bnrv200a build¦bnrv200a) appl¦bntv250 build¦bntv250) apple¦bntv250a build¦bntv250a) appl¦bntv400 build¦bntv400) apple¦bntv600 build¦bntv600) apple¦logicpd zoom2 ¦logicpd zoom2)¦nook bnrv200 b¦nook bnrv200) ¦nook bnrv200a ¦nook bnrv200a)¦nook bntv250 b¦nook bntv250) ¦nook bntv250a ¦nook bntv250a)¦nook bntv400 b¦nook bntv400) ¦nook bntv600 b¦nook bntv600) ¦nook logicpd z		; {0,2}(NOOK |)(BNRV200|BNRV200A|BNTV250|BNTV250A|BNTV400|BNTV600|LogicPD Zoom2)(?: Build|\) AppleWebKit)	$1$2	Nook	$2
build/nook		; Build/(Nook)	$1	Nook	Tablet
lipad¦p110		; {0,2}(OP110|OliPad[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Olivetti $1	Olivetti	$1
mid		; {0,2}OMEGA[ _\-](MID[^;/]{1,100}?)(?: Build|\) AppleWebKit)	Omega $1	Omega	$1
mozilla/5.0 (i		^(MID7500|MID\d{1,100}) Mozilla/5\.0 \(iPad;	Omega $1	Omega	$1
cius		; {0,2}((?:CIUS|cius)[^;/]{0,100})(?: Build|\) AppleWebKit)	Openpeak $1	Openpeak	$1
) applewebkit¦build		; {0,2}(Find ?(?:5|7a)|R8[012]\d{1,2}|T703\d?|U70\d{1,2}T?|X90\d{1,2}|[AFR]\d{1,2}[a-z]{1,2})(?: Build|\) AppleWebKit)	Oppo $1	Oppo	$1
oppo		; {0,2}OPPO ?([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Oppo $1	Oppo	$1
) applewebkit¦build		; {0,2}(CPH\d{1,4}|RMX\d{1,4}|P[A-Z]{3}\d{2})(?: Build|\) AppleWebKit)	Oppo $1	Oppo
a1601 build¦a1601) applewe		; {0,2}(A1601)(?: Build|\) AppleWebKit)	Oppo F1s	Oppo	$1
odys ¦odys-		; {0,2}(?:Odys\-|ODYS\-|ODYS )([^;/]{1,100}?)(?: Build|\) AppleWebKit)	Odys $1	Odys	$1
select 7 build¦select 7) appl¦select7 build¦select7) apple		; {0,2}(SELECT) ?(7)(?: Build|\) AppleWebKit)	Odys $1 $2	Odys	$1 $2
pedi_plus_w bu¦pedi_plus_w) a		; {0,2}(PEDI)_(PLUS)_(W)(?: Build|\) AppleWebKit)	Odys $1 $2 $3	Odys	$1 $2 $3
aeon¦bravio¦eos10¦fusion¦genio¦ieos¦iron¦loox¦motion¦next¦noon¦opos¦pedi¦prime¦pro¦studytab¦tablet-pc-4¦tablo¦uno_x8¦xelio¦xeno10		; {0,2}(AEON|BRAVIO|FUSION|FUSION2IN1|Genio|EOS10|IEOS[^;/]{0,100}|IRON|Loox|LOOX|LOOX Plus|Motion|NOON|NOON_PRO|NEXT|OPOS|PEDI[^;/]{0,100}|PRIME[^;/]{0,100}|STUDYTAB|TABLO|Tablet-PC-4|UNO_X8|XELIO[^;/]{0,100}|Xelio ?\d{1,100} ?[Pp]ro|XENO10|XPRESS PRO)(?: Build|\) AppleWebKit)	Odys $1	Odys	$1
one a¦one b¦one c¦one d¦one e¦one f¦one g¦one h¦one i¦one j¦one k¦one l¦one m¦one n¦one o¦one p¦one q¦one r¦one s¦one t¦one u¦one v¦one w¦one x¦one y¦one z		; (ONE [a-zA-Z]\d{1,100})(?: Build|;? {0,2}\) AppleWebKit)	OnePlus $1	OnePlus	$1
oneplus a¦oneplus b¦oneplus c¦oneplus d¦oneplus e¦oneplus f¦oneplus g¦oneplus h¦oneplus i¦oneplus j¦oneplus k¦oneplus l¦oneplus m¦oneplus n¦oneplus o¦oneplus p¦oneplus q¦oneplus r¦oneplus s¦oneplus t¦oneplus u¦oneplus v¦oneplus w¦oneplus x¦oneplus y¦oneplus z		; (ONEPLUS [a-zA-Z]\d{1,100})(?: Build|;? {0,2}\) AppleWebKit)	OnePlus $1	OnePlus	$1
be2011¦be2012¦be2015¦be2025¦be2026¦be2028¦be2029¦de2117¦de2118¦dn2101¦eb2101¦gm1900¦gm1903¦gm1910¦gm1915¦gm1917¦hd1900¦hd1901¦hd1903¦hd1905¦hd1907¦hd1910¦hd1913¦hd1925¦in2010¦in2013¦in2015¦in2017¦in2019¦in2020¦in2023¦in2025¦kb2003¦kb2005¦kb2007¦le2111¦le2113¦le2115¦le2117¦le2120¦le2121¦le2123¦le2125¦le2127¦ne2215		; {0,2}(HD1903|GM1917|IN2025|LE2115|LE2127|HD1907|BE2012|BE2025|BE2026|BE2028|BE2029|DE2117|DE2118|EB2101|GM1900|GM1910|GM1915|HD1905|HD1925|IN2015|IN2017|IN2019|KB2005|KB2007|LE2117|LE2125|BE2015|GM1903|HD1900|HD1901|HD1910|HD1913|IN2010|IN2013|IN2020|LE2111|LE2120|LE2121|LE2123|BE2011|IN2023|KB2003|LE2113|NE2215|DN2101)(?: Build|\) AppleWebKit)	OnePlus $1	OnePlus	OnePlus $1
oneplus		; (OnePlus[ a-zA-z0-9]{0,50});((?: Build|.{0,50}\) AppleWebKit))	$1	OnePlus	$1
oneplus		; (OnePlus[ a-zA-z0-9]{0,50})((?: Build|\) AppleWebKit))	$1	OnePlus	$1
tp-		; {0,2}(TP-\d{1,100})(?: Build|\) AppleWebKit)	Orion $1	Orion	$1
g100 build¦g100) appleweb¦g100w build¦g100w) applewe		; {0,2}(G100W?)(?: Build|\) AppleWebKit)	PackardBell $1	PackardBell	$1
panasonic ¦panasonic_		; {0,2}(Panasonic)[_ ]([^;/]{1,100}?)(?: Build|\) AppleWebKit)	$1 $2	$1	$2
fz-a1b build¦fz-a1b) applew¦jt-b1 build¦jt-b1) applewe		; {0,2}(FZ-A1B|JT-B1)(?: Build|\) AppleWebKit)	Panasonic $1	Panasonic	$1
dl1 build¦dl1) applewebk		; {0,2}(dL1|DL1)(?: Build|\) AppleWebKit)	Panasonic $1	Panasonic	$1
im-a¦im-t		; {0,2}(SKY[ _]|)(IM\-[AT]\d{3}[^;/]{1,100}).{0,30} Build/	Pantech $1$2	Pantech	$1$2
adr8995 4g bui¦adr8995 build/¦adr910l 4g bui¦adr910l build/¦adr930l 4g bui¦adr930l build/¦adr930vw 4g bu¦adr930vw build¦p8000 4g build¦p8000 build/¦ptl21 4g build¦ptl21 build/		; {0,2}((?:ADR8995|ADR910L|ADR930L|ADR930VW|PTL21|P8000)(?: 4G|)) Build/	$1	Pantech	$1
pantech		; {0,2}Pantech([^;/]{1,30}).{0,200}? Build/	Pantech $1	Pantech	$1'''
